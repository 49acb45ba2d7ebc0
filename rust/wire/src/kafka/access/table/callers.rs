//! APIs whose meaning is the caller: a broker that takes every client for the gateway would take them for the
//! gateway's own.

use super::super::build::of_caller;
use super::super::{ApiKey, Operation, Row};

const NO_AUTHORIZER: &str = "refused with 54 (SECURITY_DISABLED), as by a broker without an authorizer: grants are in the bundle";
const NO_TOKENS: &str = "refused with 61 (DELEGATION_TOKEN_AUTH_DISABLED), as by brokers without a token key; 64 without TLS";
const POLICY: &str =
    "refused with 44 (POLICY_VIOLATION), as by a broker whose policy forbids a change";
const TOP: &str = "31 at the top";

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { key: ApiKey::DESCRIBE_ACLS, versions: (1, 3), access: of_caller(
        Some(Operation::Describe), TOP, "answered from the policy's rules, where an ACL can say what a rule says") },
    Row { key: ApiKey::CREATE_ACLS, versions: (1, 3), access: of_caller(
        Some(Operation::Alter), "31 per ACL", NO_AUTHORIZER) },
    Row { key: ApiKey::DELETE_ACLS, versions: (1, 3), access: of_caller(
        Some(Operation::Alter), "31 per filter", NO_AUTHORIZER) },
    Row { key: ApiKey::CREATE_DELEGATION_TOKEN, versions: (1, 3), access: of_caller(None, "never denied", NO_TOKENS) },
    Row { key: ApiKey::RENEW_DELEGATION_TOKEN, versions: (1, 2), access: of_caller(None, "never denied", NO_TOKENS) },
    Row { key: ApiKey::EXPIRE_DELEGATION_TOKEN, versions: (1, 2), access: of_caller(None, "never denied", NO_TOKENS) },
    Row { key: ApiKey::DESCRIBE_DELEGATION_TOKEN, versions: (1, 3), access: of_caller(None, "never denied", NO_TOKENS) },
    Row { key: ApiKey::DESCRIBE_CLIENT_QUOTAS, versions: (0, 1), access: of_caller(
        Some(Operation::DescribeConfigs), TOP, "forwarded: it says what the brokers enforce, by client id too") },
    Row { key: ApiKey::ALTER_CLIENT_QUOTAS, versions: (0, 1), access: of_caller(
        Some(Operation::AlterConfigs), "31 per entry", POLICY) },
    Row { key: ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS, versions: (0, 0), access: of_caller(
        Some(Operation::Describe), "31 at the top and per user", "answered from the principals that have a password") },
    Row { key: ApiKey::ALTER_USER_SCRAM_CREDENTIALS, versions: (0, 0), access: of_caller(
        Some(Operation::Alter), "31 per user", POLICY) },
];
