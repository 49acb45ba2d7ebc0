//! One record after the other, verified and then opened.

use streamward_wire::kafka::batch::Batch;

use super::opener::Opener;
use super::{Budget, Keys, Opened, Opening, Unopened};
use crate::batch::Edit;
use crate::compression::{Codecs, Effort};
use crate::error::{Fault, Refusal};
use crate::fetched::{EditFetched, edit_fetched};
use crate::limits::Limits;
use crate::record::Record;
use crate::scratch::{Parts, Scratch};
use crate::sign::{Rewriter, Verified, Verifying};

/// Why records were neither verified nor opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// A record that does not verify.
    Unverified(Fault),
    /// They verify up to where they could not be opened.
    Unopened(Unopened),
}

/// Appends `records` as [`crate::verify_records`] and then [`super::open_records`] would, in one walk. Each record is verified before
/// it is opened, and leaves without its signature, whatever `verifying` says of that.
///
/// # Errors
/// The first record that does not verify or can't be opened.
#[allow(clippy::too_many_arguments, reason = "those of both")]
pub fn open_verified_records(
    records: &[u8],
    verifying: &Verifying<'_>,
    opening: &Opening<'_>,
    keys: &impl Keys,
    limits: &Limits,
    budget: &mut Budget,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(Verified, Opened), Unread> {
    let verifying = Verifying {
        strip: true,
        ..*verifying
    };
    let mut both = Both {
        rewriter: Rewriter::new(&verifying),
        opener: Opener::new(opening, keys, limits),
        verifies: false,
    };
    let walked = edit_fetched(records, &mut both, limits, budget, scratch, out);
    let whole = walked.map_err(|fault| {
        if both.verifies {
            Unread::Unverified(fault)
        } else {
            Unread::Unopened(Unopened::Fault(fault))
        }
    })?;
    let mut verified = both.rewriter.verified;
    // SECURITY: the rest of a batch that a broker cut is not verified, so it does not leave.
    verified.left_out |= whole < records.len();
    let opened = both.opener.done().map_err(Unread::Unopened)?;
    Ok((verified, opened))
}

struct Both<'a, 'v, K> {
    rewriter: Rewriter<'v>,
    opener: Opener<'a, K>,
    /// A record was being verified, not opened.
    verifies: bool,
}

impl<K: Keys> Edit for Both<'_, '_, K> {
    fn begin(&mut self, batch: &Batch<'_>, payload: &[u8], limits: &Limits) {
        self.rewriter.begin(batch, payload, limits);
    }

    fn edit(
        &mut self,
        record: &Record<'_>,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let mut headers = std::mem::take(&mut parts.record);
        let verified = self.rewriter.headers(record, &mut headers);
        self.verifies = verified.is_err();
        let opened = verified.and_then(|()| {
            let record = Record {
                headers: &headers,
                ..*record
            };
            self.opener.edit(&record, codecs, parts, out)
        });
        parts.record = headers;
        opened
    }

    fn too_large(&self) -> Refusal {
        self.opener.too_large()
    }

    fn effort(&self) -> Effort {
        self.opener.effort()
    }
}

impl<K: Keys> EditFetched for Both<'_, '_, K> {
    fn enter(&mut self, base_offset: i64) {
        self.opener.enter(base_offset);
        self.rewriter.remember();
    }

    fn leave_out(&mut self) {
        self.opener.leave_out();
        self.rewriter.leave_out();
    }
}
