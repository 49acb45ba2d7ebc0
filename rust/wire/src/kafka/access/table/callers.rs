//! APIs whose meaning is the caller: a broker would take them for the gateway's own.

use super::super::{ApiKey, Row, build::refused};

const CALLER: &str = "the caller would be the gateway";

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    refused(ApiKey::DESCRIBE_ACLS, (1, 3), CALLER),
    refused(ApiKey::CREATE_ACLS, (1, 3), CALLER),
    refused(ApiKey::DELETE_ACLS, (1, 3), CALLER),
    refused(ApiKey::CREATE_DELEGATION_TOKEN, (1, 3), CALLER),
    refused(ApiKey::RENEW_DELEGATION_TOKEN, (1, 2), CALLER),
    refused(ApiKey::EXPIRE_DELEGATION_TOKEN, (1, 2), CALLER),
    refused(ApiKey::DESCRIBE_DELEGATION_TOKEN, (1, 3), CALLER),
    refused(ApiKey::DESCRIBE_CLIENT_QUOTAS, (0, 1), CALLER),
    refused(ApiKey::ALTER_CLIENT_QUOTAS, (0, 1), CALLER),
    refused(ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS, (0, 0), CALLER),
    refused(ApiKey::ALTER_USER_SCRAM_CREDENTIALS, (0, 0), CALLER),
];
