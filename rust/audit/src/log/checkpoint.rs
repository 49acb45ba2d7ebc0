//! What a log says of itself: C2SP tlog-checkpoint.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::AuditError;
use crate::log::note::Note;
use crate::log::tree::Hash;

/// A log of this origin has so many leaves, and this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root of the tree of these leaves.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        let root = STANDARD.encode(self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// What a note says; believe it only where its signature holds. Errors: `Invalid`.
    pub fn of(note: &Note) -> Result<Self, AuditError> {
        let refused = |what: &str| AuditError::Invalid {
            what: format!("this is not a checkpoint: {what}"),
        };
        let mut lines = note.text().lines();
        let mut line = || lines.next().filter(|line| !line.is_empty());
        let origin = line().ok_or_else(|| refused("it has no origin"))?;
        let size = line().ok_or_else(|| refused("it has no tree size"))?;
        let plain = size.bytes().all(|byte| byte.is_ascii_digit())
            && (size == "0" || !size.starts_with('0'));
        let parsed = size.parse().ok().filter(|_| plain);
        let root = line().and_then(decode_hash);
        Ok(Self {
            origin: origin.to_owned(),
            size: parsed.ok_or_else(|| refused("its tree size is not a number"))?,
            root: root.ok_or_else(|| refused("its root is not a hash"))?,
        })
    }
}

/// A hash from its base64.
pub(crate) fn decode_hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// A hash in base64.
pub fn encode_hash(hash: &Hash) -> String {
    STANDARD.encode(hash)
}

#[cfg(test)]
mod tests {
    use super::Checkpoint;
    use crate::log::note::Note;

    /// The example of C2SP tlog-checkpoint: its form.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    #[test]
    fn the_published_example_is_read_and_written_again() {
        let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
        let checkpoint = Checkpoint::of(&note).unwrap();
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.text(), note.text());
    }

    #[test]
    fn what_is_not_a_checkpoint_is_refused() {
        for text in [
            "origin\n",
            "origin\n1\n",
            "origin\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            "origin\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            "origin\n+1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            "origin\n1\nAAAA\n",
            "origin\n99999999999999999999\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        ] {
            Checkpoint::of(&Note::new(text.into(), Vec::new())).unwrap_err();
        }
    }
}
