//! Writes figures as text: `OpenMetrics` 1.0.0, or Prometheus' text format 0.0.4.

use std::fmt::Write;

use super::family::{Family, Kind};
use super::value::Distribution;

const NANOSECONDS: u64 = 1_000_000_000;

/// How a scrape is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' text format, version 0.0.4, which everything reads.
    Prometheus,
    /// `OpenMetrics` 1.0.0.
    OpenMetrics,
}

impl Format {
    /// The newest that a scraper says it reads, by its `Accept` header.
    pub fn accepted(accept: &str) -> Self {
        let refused = |range: &str| {
            let mut parameters = range.split(';').skip(1).map(str::trim);
            parameters.any(|it| matches!(it, "q=0" | "q=0.0" | "version=0.0.1"))
        };
        let wants = |range: &str| {
            let named = range.split(';').next().unwrap_or_default().trim();
            named.eq_ignore_ascii_case("application/openmetrics-text") && !refused(range)
        };
        if accept.split(',').any(wants) {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    /// The `Content-Type` of what is written so.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Labels and their values.
pub type Labels<'a> = &'a [(&'a str, &'a str)];

/// A scrape that is being written.
#[derive(Debug)]
pub struct Text {
    out: String,
    format: Format,
}

impl Text {
    /// An empty one.
    pub fn new(format: Format) -> Self {
        let out = String::with_capacity(32 * 1024);
        Self { out, format }
    }

    /// Begins a family; its samples follow.
    pub fn family<'t>(&'t mut self, family: &'static Family) -> Samples<'t> {
        let openmetrics = self.format == Format::OpenMetrics;
        let suffix = if openmetrics {
            ""
        } else {
            family.kind.suffix()
        };
        let name = family.name;
        let _ = write!(self.out, "# HELP {name}{suffix} ");
        escape(&mut self.out, family.help, openmetrics);
        let _ = writeln!(
            self.out,
            "\n# TYPE {name}{suffix} {}",
            family.kind.word(openmetrics)
        );
        Samples { text: self, family }
    }

    /// The whole text.
    pub fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.out.push_str("# EOF\n");
        }
        self.out
    }
}

/// Samples of one family.
#[derive(Debug)]
pub struct Samples<'t> {
    text: &'t mut Text,
    family: &'static Family,
}

impl Samples<'_> {
    /// A whole number.
    pub fn sample(&mut self, labels: Labels<'_>, value: u64) -> &mut Self {
        self.name(self.family.kind.suffix(), labels, None);
        let _ = writeln!(self.text.out, " {value}");
        self
    }

    /// A time, or a length of time.
    pub fn seconds(&mut self, labels: Labels<'_>, nanoseconds: u64) -> &mut Self {
        self.name(self.family.kind.suffix(), labels, None);
        self.text.out.push(' ');
        write_seconds(&mut self.text.out, nanoseconds);
        self.text.out.push('\n');
        self
    }

    /// Always 1.
    pub fn info(&mut self, labels: Labels<'_>) -> &mut Self {
        self.sample(labels, 1)
    }

    /// What a histogram held.
    pub fn histogram(&mut self, labels: Labels<'_>, held: &Distribution) -> &mut Self {
        let mut below = 0_u64;
        for (bucket, number) in held.buckets.iter().enumerate() {
            below = below.saturating_add(*number);
            let mut bound = String::new();
            match held.bounds.get(bucket) {
                Some(nanoseconds) => write_seconds(&mut bound, *nanoseconds),
                None => bound.push_str("+Inf"),
            }
            self.name("_bucket", labels, Some(&bound));
            let _ = writeln!(self.text.out, " {below}");
        }
        self.name("_count", labels, None);
        let _ = writeln!(self.text.out, " {below}");
        self.name("_sum", labels, None);
        self.text.out.push(' ');
        write_seconds(&mut self.text.out, held.sum);
        self.text.out.push('\n');
        self
    }

    fn name(&mut self, suffix: &str, labels: Labels<'_>, bound: Option<&str>) {
        debug_assert!(labels.len() == self.family.labels.len() || self.family.kind == Kind::Info);
        let out = &mut self.text.out;
        let _ = write!(out, "{}{suffix}", self.family.name);
        let bound = bound.map(|bound| ("le", bound));
        let mut before = '{';
        for (name, value) in labels.iter().copied().chain(bound) {
            let _ = write!(out, "{before}{name}=\"");
            escape(out, value, true);
            out.push('"');
            before = ',';
        }
        if before == ',' {
            out.push('}');
        }
    }
}

/// SECURITY: a name from a bundle can't end its label and begin another sample.
fn escape(out: &mut String, text: &str, quotes: bool) {
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quotes => out.push_str("\\\""),
            other => out.push(other),
        }
    }
}

/// Seconds, with as many digits as there are and at least one behind the point.
fn write_seconds(out: &mut String, nanoseconds: u64) {
    let (whole, rest) = (nanoseconds / NANOSECONDS, nanoseconds % NANOSECONDS);
    let digits = format!("{rest:09}");
    let digits = digits.trim_end_matches('0');
    let _ = write!(
        out,
        "{whole}.{}",
        if digits.is_empty() { "0" } else { digits }
    );
}

#[cfg(test)]
mod tests {
    use super::super::family::{counter, histogram, info};
    use super::*;

    const C: Family = counter("things", &["name"], "Things \\ with \"quotes\"\nand lines.");
    const H: Family = histogram("wait_seconds", &[], "How long.");
    const I: Family = info("build", &["version"], "What runs.");

    fn written(format: Format) -> String {
        let mut text = Text::new(format);
        text.family(&C).sample(&[("name", "a\"b\\c\nd")], 7);
        text.family(&H).histogram(
            &[],
            &Distribution {
                bounds: &[50_000, 1_000_000_000],
                buckets: vec![1, 2, 3],
                sum: 1_500_000_001,
            },
        );
        text.family(&I).info(&[("version", "1")]);
        text.finish()
    }

    #[test]
    fn prometheus_text_has_the_suffixes_in_its_heads() {
        assert_eq!(
            written(Format::Prometheus),
            "# HELP things_total Things \\\\ with \"quotes\"\\nand lines.\n\
             # TYPE things_total counter\n\
             things_total{name=\"a\\\"b\\\\c\\nd\"} 7\n\
             # HELP wait_seconds How long.\n\
             # TYPE wait_seconds histogram\n\
             wait_seconds_bucket{le=\"0.00005\"} 1\n\
             wait_seconds_bucket{le=\"1.0\"} 3\n\
             wait_seconds_bucket{le=\"+Inf\"} 6\n\
             wait_seconds_count 6\n\
             wait_seconds_sum 1.500000001\n\
             # HELP build_info What runs.\n\
             # TYPE build_info gauge\n\
             build_info{version=\"1\"} 1\n"
        );
    }

    #[test]
    fn openmetrics_has_them_in_its_samples_only_and_says_where_it_ends() {
        let text = written(Format::OpenMetrics);
        assert!(text.starts_with("# HELP things Things \\\\ with \\\"quotes\\\"\\nand lines.\n"));
        assert!(text.contains("\n# TYPE things counter\nthings_total{"));
        assert!(text.contains("\n# TYPE build info\nbuild_info{version=\"1\"} 1\n"));
        assert!(text.ends_with("\n# EOF\n"));
    }

    #[test]
    fn a_scraper_gets_the_format_that_it_reads() {
        let prometheus =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2,*/*;q=0.1";
        assert_eq!(Format::accepted(prometheus), Format::OpenMetrics);
        for accept in [
            "",
            "*/*",
            "text/plain",
            "application/openmetrics-text;q=0, text/plain",
        ] {
            assert_eq!(Format::accepted(accept), Format::Prometheus, "{accept}");
        }
    }
}
