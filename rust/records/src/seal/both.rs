//! One record after the other, sealed and then signed.

use streamward_wire::kafka::batch::Batch;

use super::sealer::Sealer;
use crate::batch::Edit;
use crate::compression::{Codecs, Effort};
use crate::error::Refusal;
use crate::limits::Limits;
use crate::record::{Record, Walk};
use crate::scratch::Parts;
use crate::sign::Signer;

/// Seals a record beside the batch, and signs it on its way there.
pub(super) struct Both<'b, 'a, 's, 'w> {
    pub(super) sealer: &'b mut Sealer<'a>,
    pub(super) signer: &'b mut Signer<'s, 'w>,
}

impl Edit for Both<'_, '_, '_, '_> {
    fn begin(&mut self, batch: &Batch<'_>, payload: &[u8], limits: &Limits) {
        self.signer.begin(batch, payload, limits);
    }

    fn edit(
        &mut self,
        record: &Record<'_>,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let mut sealed = std::mem::take(&mut parts.record);
        sealed.clear();
        let written = self.sealer.edit(record, codecs, parts, &mut sealed);
        let headers_max = self.sealer.limits.headers_max;
        let signed = written
            .and_then(|()| Walk::new(&sealed, headers_max).next_record())
            .and_then(|record| self.signer.edit(&record, codecs, parts, out));
        parts.record = sealed;
        signed
    }

    fn too_large(&self) -> Refusal {
        self.sealer.too_large()
    }

    fn effort(&self) -> Effort {
        self.sealer.effort()
    }
}
