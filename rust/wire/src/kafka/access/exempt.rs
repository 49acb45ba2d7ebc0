//! Texts and ids of requests that name nothing that anybody is granted.

/// One field that is not decided.
#[derive(Clone, Copy, Debug)]
pub struct Exemption {
    /// `Api.Path.To.Field` for one API; a bare name for the last part of any path, which never covers what
    /// Kafka marks as the name of a topic, a group or a transaction.
    pub field: &'static str,
    /// Why nobody needs a right for it.
    pub reason: &'static str,
}

/// Every field of a served request that names something and is not decided.
pub const fn exemptions() -> &'static [Exemption] {
    EXEMPTIONS
}

const fn exempt(field: &'static str, reason: &'static str) -> Exemption {
    Exemption { field, reason }
}

const FOLLOWERS: &str = "sent by followers, which are refused";
const MEMBER: &str = "a member inside a group that is decided";
const ASSIGNS: &str = "a way to assign";
const SETTING: &str = "a setting of a resource that is decided";
const WHOLE: &str = "a right on the cluster covers every topic";
const CALLER: &str =
    "the caller's right on the cluster covers it; brokers never see it as the gateway's";

#[rustfmt::skip]
static EXEMPTIONS: &[Exemption] = &[
    exempt("Fetch.ForgottenTopicsData.Topic",
        "leaves the caller's own session, and tells nothing of what is there"),
    exempt("Fetch.ForgottenTopicsData.TopicId", "as the name"),
    exempt("ShareFetch.ForgottenTopicsData.TopicId",
        "leaves the share session that this connection opened, and tells nothing of what is there"),
    exempt("Fetch.ClusterId", FOLLOWERS),
    exempt("ReplicaDirectoryId", FOLLOWERS),
    exempt("ConsumerGroupHeartbeat.TopicPartitions.TopicId",
        "what the member holds, which only the coordinator gave it"),
    exempt("StreamsGroupHeartbeat.Topology.Subtopologies.RepartitionSourceTopics.TopicConfigs.Key", SETTING),
    exempt("StreamsGroupHeartbeat.Topology.Subtopologies.RepartitionSourceTopics.TopicConfigs.Value", SETTING),
    exempt("StreamsGroupHeartbeat.Topology.Subtopologies.StateChangelogTopics.TopicConfigs.Key", SETTING),
    exempt("StreamsGroupHeartbeat.Topology.Subtopologies.StateChangelogTopics.TopicConfigs.Value", SETTING),
    exempt("StreamsGroupHeartbeat.ClientTags.Key", "the member's own note"),
    exempt("StreamsGroupHeartbeat.ClientTags.Value", "the member's own note"),
    exempt("StreamsGroupHeartbeat.UserEndpoint.Host", "where a member listens, by its own word, for its like"),
    exempt("SubtopologyId", "a part of the application, inside a group that is decided"),
    exempt("ProcessId", MEMBER),
    exempt("RackId", "a place"),
    exempt("MemberId", "the coordinator's word, inside a group that is decided"),
    exempt("GroupInstanceId", MEMBER),
    exempt("InstanceId", MEMBER),
    exempt("ServerAssignor", ASSIGNS),
    exempt("ProtocolType", ASSIGNS),
    exempt("ProtocolName", ASSIGNS),
    exempt("JoinGroup.Protocols.Name", ASSIGNS),
    exempt("Reason", "for a person"),
    exempt("StatesFilter", "a state"),
    exempt("TypesFilter", "a type of group"),
    exempt("CommittedMetadata", "the member's own note"),
    exempt("CreateTopics.Topics.Configs.Name", SETTING),
    exempt("CreateTopics.Topics.Configs.Value", SETTING),
    exempt("ConfigurationKeys", SETTING),
    exempt("ListTransactions.TransactionalIdPattern",
        "narrows a listing, of which only what may be described is told"),
    exempt("StateFilters", "a state"),
    exempt("AlterConfigs.Resources.Configs.Name", SETTING),
    exempt("AlterConfigs.Resources.Configs.Value", SETTING),
    exempt("IncrementalAlterConfigs.Resources.Configs.Name", SETTING),
    exempt("IncrementalAlterConfigs.Resources.Configs.Value", SETTING),
    exempt("AlterReplicaLogDirs.Dirs.Path", "a place on a broker's disk"),
    exempt("DescribeLogDirs.Topics.Topic", WHOLE),
    exempt("ElectLeaders.TopicPartitions.Topic", WHOLE),
    exempt("AlterPartitionReassignments.Topics.Name", WHOLE),
    exempt("ListPartitionReassignments.Topics.Name", WHOLE),
    exempt("UpdateFeatures.FeatureUpdates.Feature", "a feature of the cluster, which is decided"),
    exempt("AddRaftVoter.ClusterId", "the brokers compare it with their own"),
    exempt("AddRaftVoter.VoterDirectoryId", "a controller of the cluster, which is decided"),
    exempt("AddRaftVoter.Listeners.Name", "a controller of the cluster, which is decided"),
    exempt("AddRaftVoter.Listeners.Host", "a controller of the cluster, which is decided"),
    exempt("RemoveRaftVoter.ClusterId", "the brokers compare it with their own"),
    exempt("RemoveRaftVoter.VoterDirectoryId", "a controller of the cluster, which is decided"),
    exempt("ClientInstanceId", "a number that the client made for itself, or got from a broker"),
    exempt("DescribeAcls.ResourceNameFilter", CALLER),
    exempt("DescribeAcls.PrincipalFilter", CALLER),
    exempt("DescribeAcls.HostFilter", CALLER),
    exempt("CreateAcls.Creations.ResourceName", CALLER),
    exempt("CreateAcls.Creations.Principal", CALLER),
    exempt("CreateAcls.Creations.Host", CALLER),
    exempt("DeleteAcls.Filters.ResourceNameFilter", CALLER),
    exempt("DeleteAcls.Filters.PrincipalFilter", CALLER),
    exempt("DeleteAcls.Filters.HostFilter", CALLER),
    exempt("OwnerPrincipalType", "delegation tokens are refused to everybody"),
    exempt("OwnerPrincipalName", "delegation tokens are refused to everybody"),
    exempt("PrincipalType", "delegation tokens are refused to everybody"),
    exempt("PrincipalName", "delegation tokens are refused to everybody"),
    exempt("DescribeClientQuotas.Components.EntityType", CALLER),
    exempt("DescribeClientQuotas.Components.Match", CALLER),
    exempt("AlterClientQuotas.Entries.Entity.EntityType", CALLER),
    exempt("AlterClientQuotas.Entries.Entity.EntityName", CALLER),
    exempt("AlterClientQuotas.Entries.Ops.Key", CALLER),
    exempt("DescribeUserScramCredentials.Users.Name", CALLER),
    exempt("AlterUserScramCredentials.Deletions.Name", CALLER),
    exempt("AlterUserScramCredentials.Upsertions.Name", CALLER),
];
