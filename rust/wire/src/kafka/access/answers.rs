//! What answers could tell of the brokers behind a gateway: every number and address of a node, and every text.

/// What becomes of a field of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It becomes the gateway's own.
    Rewritten,
    /// It never leaves, or only where it tells no address.
    Withheld,
    /// It tells nothing that a client could go by to a broker.
    Harmless,
}

/// One field of an answer.
#[derive(Clone, Copy, Debug)]
pub struct AnswerField {
    /// `Api.Path.To.Field` for one API, or the last part of any path.
    pub field: &'static str,
    /// What becomes of it.
    pub treatment: Treatment,
    /// Why that is enough.
    pub reason: &'static str,
}

/// Every field that names a node or holds a text; the names of topics, groups and transactions are decided.
pub const fn answer_fields() -> &'static [AnswerField] {
    FIELDS
}

const fn own(field: &'static str) -> AnswerField {
    let (treatment, reason) = (
        Treatment::Rewritten,
        "the gateway's own stands in its place",
    );
    AnswerField {
        field,
        treatment,
        reason,
    }
}

const fn withheld(field: &'static str, reason: &'static str) -> AnswerField {
    let treatment = Treatment::Withheld;
    AnswerField {
        field,
        treatment,
        reason,
    }
}

const fn harmless(field: &'static str, reason: &'static str) -> AnswerField {
    let treatment = Treatment::Harmless;
    AnswerField {
        field,
        treatment,
        reason,
    }
}

const NUMBER: &str = "the number of a node, by which the gateway's own addresses go";
const RACK: &str = "a place, by which a client chooses the nearest broker";
const MEMBER: &str = "what a member of a group said of itself";
const POLICY: &str = "the gateway's own words: ACLs are answered from the policy";
const CALLER: &str = "the caller's own words, or the gateway's";
const NAME: &str = "a name that Kafka or its operator gives, never where something listens";
const CONTROLLERS: &str = "no client reaches a controller through a gateway";
const ADDRESSES: &str =
    "settings that tell an address, by their names or their values, come without value";

#[rustfmt::skip]
static FIELDS: &[AnswerField] = &[
    own("Produce.NodeEndpoints.Host"), own("Produce.NodeEndpoints.Port"),
    own("Fetch.NodeEndpoints.Host"), own("Fetch.NodeEndpoints.Port"),
    own("ShareFetch.NodeEndpoints.Host"), own("ShareFetch.NodeEndpoints.Port"),
    own("ShareAcknowledge.NodeEndpoints.Host"), own("ShareAcknowledge.NodeEndpoints.Port"),
    own("Metadata.Brokers.Host"), own("Metadata.Brokers.Port"),
    own("DescribeCluster.Brokers.Host"), own("DescribeCluster.Brokers.Port"),
    own("FindCoordinator.Host"), own("FindCoordinator.Port"),
    own("FindCoordinator.Coordinators.Host"), own("FindCoordinator.Coordinators.Port"),
    withheld("DescribeQuorum.Nodes.Listeners.Name", CONTROLLERS),
    withheld("DescribeQuorum.Nodes.Listeners.Host", CONTROLLERS),
    withheld("DescribeQuorum.Nodes.Listeners.Port", CONTROLLERS),
    withheld("DescribeConfigs.Results.Configs.Value", ADDRESSES),
    withheld("DescribeConfigs.Results.Configs.Synonyms.Value", ADDRESSES),
    harmless("DescribeAcls.Resources.Acls.Host", POLICY),
    harmless("DeleteAcls.FilterResults.MatchingAcls.Host", POLICY),
    harmless("StreamsGroupDescribe.Groups.Members.UserEndpoint.Host", MEMBER),
    harmless("StreamsGroupDescribe.Groups.Members.UserEndpoint.Port", MEMBER),
    harmless("StreamsGroupHeartbeat.PartitionsByUserEndpoint.UserEndpoint.Host", MEMBER),
    harmless("StreamsGroupHeartbeat.PartitionsByUserEndpoint.UserEndpoint.Port", MEMBER),
    harmless("ClientHost", "whom the broker talks to: the gateway, as it stands towards brokers"),
    harmless("NodeId", NUMBER), harmless("BrokerId", NUMBER), harmless("ControllerId", NUMBER),
    harmless("LeaderId", NUMBER), harmless("PreferredReadReplica", NUMBER), harmless("ReplicaId", NUMBER),
    harmless("ReplicaNodes", NUMBER), harmless("IsrNodes", NUMBER), harmless("OfflineReplicas", NUMBER),
    harmless("EligibleLeaderReplicas", NUMBER), harmless("LastKnownElr", NUMBER), harmless("Replicas", NUMBER),
    harmless("AddingReplicas", NUMBER), harmless("RemovingReplicas", NUMBER),
    harmless("Rack", RACK), harmless("RackId", RACK),
    harmless("EndpointType", "brokers or controllers: a number"),
    harmless("EndpointInformationEpoch", "a count"),
    harmless("ClientId", MEMBER), harmless("GroupInstanceId", MEMBER), harmless("InstanceId", MEMBER),
    harmless("MemberId", MEMBER), harmless("Leader", MEMBER), harmless("ProcessId", MEMBER),
    harmless("ProtocolData", MEMBER), harmless("ProtocolName", MEMBER), harmless("ProtocolType", MEMBER),
    harmless("SubscribedTopicRegex", MEMBER), harmless("SubtopologyId", MEMBER), harmless("Metadata", MEMBER),
    harmless("StreamsGroupDescribe.Groups.Members.ClientTags.Value", MEMBER),
    harmless("StreamsGroupDescribe.Groups.Topology.Subtopologies.RepartitionSourceTopics.TopicConfigs.Value", MEMBER),
    harmless("StreamsGroupDescribe.Groups.Topology.Subtopologies.StateChangelogTopics.TopicConfigs.Value", MEMBER),
    harmless("CreateTopics.Topics.Configs.Value", "settings of a topic"),
    harmless("Key", "a name that the request gave, or that Kafka gives"),
    harmless("AssignorName", NAME), harmless("ClusterId", NAME), harmless("Documentation", NAME),
    harmless("Feature", NAME), harmless("GroupState", NAME), harmless("GroupType", NAME), harmless("Name", NAME),
    harmless("RequestedMetrics", NAME), harmless("ResourceName", NAME), harmless("TransactionState", NAME),
    harmless("UnknownStateFilters", NAME), harmless("LogDir", "a place on a broker's disk"),
    harmless("Mechanisms", "those of the listener"),
    harmless("EntityName", CALLER), harmless("EntityType", CALLER), harmless("User", CALLER),
    harmless("Principal", POLICY), harmless("PrincipalName", CALLER), harmless("PrincipalType", CALLER),
    harmless("TokenId", "there are no tokens"),
    harmless("TokenRequesterPrincipalName", CALLER), harmless("TokenRequesterPrincipalType", CALLER),
    harmless("ErrorMessage", "Kafka's words about the request"),
    harmless("AcknowledgeErrorMessage", "Kafka's words about the request"),
    harmless("BatchIndexErrorMessage", "Kafka's words about the request"),
    harmless("StatusDetail", "Kafka's words about the request"),
];
