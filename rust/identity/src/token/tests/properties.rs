//! What holds for any change of a good token.

use proptest::prelude::*;

use super::forge::{claims, signers};
use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_token_that_was_changed_anywhere_is_refused(
        signer in 0..9_usize, at in prop::num::usize::ANY, byte in prop::num::u8::ANY, cut in 0..3_usize,
    ) {
        let token = signers()[signer].issue(&claims());
        let at = at % token.len();
        let end = (at + cut).min(token.len());
        let replaced = char::from(byte % 128);
        let changed = format!("{}{replaced}{}", &token[..at], &token[end..]);
        prop_assume!(changed != token);
        prop_assert!(show(&changed).is_err(), "{changed}");
    }

    #[test]
    fn no_text_breaks_it(token in "\\PC{0,60}", claims in "\\PC{0,60}") {
        prop_assert!(show(&token).is_err());
        let header = rs256().header().to_string();
        prop_assert!(show(&rs256().token(&header, &claims)).is_err());
        prop_assert!(show(&rs256().token(&claims, &header)).is_err());
    }
}
