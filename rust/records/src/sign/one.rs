//! One record, for a program that signs or verifies by itself.

use super::context::{Origin, Run, signature_aad, structure};
use super::form::{Form, fill};
use super::header::{Payload, Protected, Signature};
use super::key::SigningKey;
use super::leaf::{Content, leaf};
use super::together::counter;
use super::verifier::{Judged, Verifier, Verifying};
use crate::error::Refusal;

/// The signature of one record: the value of its last header, [`super::SIGNATURE`].
///
/// # Errors
/// The system has no random numbers.
#[allow(clippy::too_many_arguments, reason = "what a signature is bound to")]
pub fn sign_record(
    origin: &Origin,
    partition: Option<i32>,
    key: &SigningKey,
    producer: &str,
    run: Run,
    counter: u64,
    timestamp: Option<i64>,
    content: &Content<'_>,
) -> Result<Vec<u8>, Refusal> {
    let header = Protected {
        algorithm: key.public().algorithm(),
        signer: key.public().id(),
        payload: Payload::Record,
        producer,
        run,
    };
    let (mut protected, mut message, mut out) = (Vec::new(), Vec::new(), Vec::new());
    header.write(&mut protected);
    let external = signature_aad(origin, partition);
    let root = leaf(counter, timestamp, content);
    structure(&mut message, &protected, &external, &root);
    let signed = key.sign(&message).ok_or(Refusal::KeyNotThere)?;
    let mut form = Form::default();
    form.set(&protected, 1);
    let path = form.begin(counter, 0).write(&mut out);
    let written = out.get_mut(path..).unwrap_or_default();
    fill(written, std::iter::empty(), &signed);
    Ok(out)
}

/// Of how many records this is the signature, if of several that verify only together.
///
/// # Errors
/// It is no signature.
pub fn signed_together(signature: &[u8]) -> Result<Option<u32>, Refusal> {
    Signature::parse(signature).map(|it| it.together)
}

/// Who signed each of these records, given with their times, of which the first has this signature of all. Their places
/// among others are not judged.
///
/// # Errors
/// They do not verify.
pub fn verify_together<'c>(
    verifying: &Verifying<'_>,
    signature: &[u8],
    contents: impl Iterator<Item = (i64, Content<'c>)>,
) -> Result<Vec<Judged>, Refusal> {
    let signature = Signature::parse(signature)?;
    let mut verifier = Verifier::new(verifying);
    let whole = verifier.verify_together(&signature, contents.map(Ok))?;
    let judged = |place| {
        Some(Judged {
            producer: verifier.producer().into(),
            run: whole.run,
            counter: counter(whole.first, whole.run, place)?,
        })
    };
    let judged: Option<Vec<Judged>> = (0..signature.together.unwrap_or_default())
        .map(judged)
        .collect();
    judged.ok_or(Refusal::InvalidSignature)
}

/// Who signed a record. Its place among others is not judged.
///
/// # Errors
/// It does not verify.
pub fn verify_record(
    verifying: &Verifying<'_>,
    signature: &[u8],
    timestamp: i64,
    content: &Content<'_>,
) -> Result<Judged, Refusal> {
    let signature = Signature::parse(signature)?;
    let mut verifier = Verifier::new(verifying);
    let run = verifier.verify(&signature, timestamp, content, 0)?;
    Ok(Judged {
        producer: verifier.producer().into(),
        run,
        counter: signature.counter,
    })
}
