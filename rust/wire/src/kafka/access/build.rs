//! The forms that rows of the table share.

use super::super::ApiKey;
use super::{
    Access, Entities, Governed, OfCaller, Operation, Partitions, Resource, Row, Shape, Special,
    Topics, Whole,
};

/// A group on which the whole request stands.
pub const fn group(operation: Operation) -> Whole {
    Whole {
        operation,
        resource: Resource::Group,
        field: "GroupId",
        shape: Shape::Top,
    }
}

/// Write on the transactional id on which the whole request stands.
pub const fn transactional_id(shape: Shape) -> Whole {
    Whole {
        operation: Operation::Write,
        resource: Resource::TransactionalId,
        field: "TransactionalId",
        shape,
    }
}

/// A right on the cluster on which the whole request stands.
pub const fn cluster(operation: Operation, shape: Shape) -> Whole {
    Whole {
        operation,
        resource: Resource::Cluster,
        field: "",
        shape,
    }
}

/// Nothing but resources on which the whole request stands.
pub const fn governed(whole: &'static [Whole]) -> Access {
    Access::Governed(Governed {
        whole,
        topics: None,
        groups: None,
    })
}

/// Topics one by one, behind what the whole request stands on.
pub const fn by_topic(whole: &'static [Whole], topics: Topics) -> Access {
    Access::Governed(Governed {
        whole,
        topics: Some(topics),
        groups: None,
    })
}

/// Topics of the commonest form: the same names in request and answer.
pub const fn topics(operation: Operation, name: &'static str, index: &'static str) -> Topics {
    Topics {
        operation,
        list: "Topics",
        name,
        partitions: Some(Partitions {
            list: "Partitions",
            index,
            answer: "Partitions",
            answer_index: index,
            error: "ErrorCode",
        }),
        answer: "Topics",
        answer_name: name,
    }
}

/// Groups one by one.
pub const fn by_group(groups: Entities) -> Access {
    Access::Governed(Governed {
        whole: &[],
        topics: None,
        groups: Some(groups),
    })
}

/// Decided by code of its own.
pub const fn special(
    asks: &'static str,
    denial: &'static str,
    fields: &'static [&'static str],
) -> Access {
    Access::Special(Special {
        asks,
        denial,
        fields,
    })
}

/// Its meaning is the caller.
pub const fn of_caller(asks: Option<Operation>, denial: &'static str, own: &'static str) -> Access {
    Access::OfCaller(OfCaller { asks, denial, own })
}

/// A row that refuses.
pub const fn refused(key: ApiKey, versions: (i16, i16), why: &'static str) -> Row {
    Row {
        key,
        versions,
        access: Access::Refused(why),
    }
}
