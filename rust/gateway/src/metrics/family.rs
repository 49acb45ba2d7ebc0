//! What a figure is called, what it counts, and by what it is told apart.

/// What kind of number a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows; its samples end in `_total`.
    Counter,
    /// Grows and shrinks.
    Gauge,
    /// Counted under bounds.
    Histogram,
    /// Always 1; what it says is in its labels. Its sample ends in `_info`.
    Info,
}

impl Kind {
    /// The word of the exposition formats; Prometheus' older one knows no `info`.
    pub const fn word(self, openmetrics: bool) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Info if openmetrics => "info",
            Self::Gauge | Self::Info => "gauge",
            Self::Histogram => "histogram",
        }
    }

    /// What the names of its samples end in.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram => "",
        }
    }
}

/// A figure, for all values of its labels.
#[derive(Debug)]
pub struct Family {
    /// Its name, without the suffix of its kind.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// By what its samples are told apart.
    pub labels: &'static [&'static str],
    /// What it says, in a sentence.
    pub help: &'static str,
}

/// A counter; `name` without `_total`.
pub const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Family {
    Family {
        name,
        kind: Kind::Counter,
        labels,
        help,
    }
}

/// A gauge.
pub const fn gauge(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Family {
    Family {
        name,
        kind: Kind::Gauge,
        labels,
        help,
    }
}

/// A histogram of seconds.
pub const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Family {
    Family {
        name,
        kind: Kind::Histogram,
        labels,
        help,
    }
}

/// An info; `name` without `_info`.
pub const fn info(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Family {
    Family {
        name,
        kind: Kind::Info,
        labels,
        help,
    }
}
