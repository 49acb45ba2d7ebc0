//! One record, for a program that signs or verifies by itself.

use super::context::{Origin, Run, signature_aad, structure};
use super::form::{Form, fill};
use super::header::{Protected, Signature};
use super::key::SigningKey;
use super::leaf::{Content, leaf};
use super::verifier::{Judged, Verifier};
use super::verify::Verifying;
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
        tree: false,
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
