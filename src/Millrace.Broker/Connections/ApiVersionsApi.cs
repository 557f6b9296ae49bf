using Millrace.Kafka.Wire;

namespace Millrace.Broker.Connections;

static class ApiVersionsApi
{
    internal static Api Create(Func<ApiTable> apis) => Api.Of<ApiVersionsRequest, ApiVersionsResponse>((_, _) => new()
    {
        ApiKeys = Versions(apis()),
        SupportedFeatures = [.. Features.Select(f => new ApiVersionsResponse.SupportedFeatureKey { Name = f.Name, MinVersion = f.Oldest, MaxVersion = f.Level })],
        FinalizedFeaturesEpoch = 0,
        FinalizedFeatures = [.. Features.Select(f => new ApiVersionsResponse.FinalizedFeatureKey { Name = f.Name, MinVersionLevel = f.Level, MaxVersionLevel = f.Level })],
    });

    /// <summary>What clients look for before they use it: the new group protocol and the second kind of transactions.</summary>
    static readonly (string Name, short Oldest, short Level)[] Features = [("group.version", 0, 1), ("transaction.version", 0, 2)];

    /// <summary>To a version that isn't there: the body is that of version 0, which every client reads.</summary>
    internal static Reply Unsupported(Request request, ApiTable apis)
    {
        var reply = Reply.Begin(request, flexibleHead: false);
        new ApiVersionsResponse { ErrorCode = ErrorCode.UnsupportedVersion, ApiKeys = Versions(apis) }.Write(reply.Writer, 0);
        return reply;
    }

    static List<ApiVersionsResponse.ApiVersion> Versions(ApiTable apis) =>
        [.. apis.All.Select(a => new ApiVersionsResponse.ApiVersion { ApiKey = (short)a.Key, MinVersion = a.Advertised, MaxVersion = a.Newest })];
}
