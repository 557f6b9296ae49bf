using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

public static class MillraceServiceCollectionExtensions
{
    /// <summary>Runs Dags of this application's own code inside it: a scheduler and its workers start and stop with the host.
    /// Inject <see cref="MillraceClient"/> to trigger runs and to look at them.</summary>
    public static IServiceCollection AddMillrace(this IServiceCollection services, Action<MillraceBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(service => service.ServiceType == typeof(MillraceBuilder)))
            throw new InvalidOperationException("AddMillrace was called twice for the same services. Declare all Dags in one call.");
        var builder = new MillraceBuilder();
        configure(builder);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(builder);
        services.AddSingleton(provider => new MillraceService(
            builder,
            provider.GetRequiredService<IHostEnvironment>().ContentRootPath,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => new MillraceClient(provider.GetRequiredService<MillraceService>()));
        services.AddHostedService(provider => provider.GetRequiredService<MillraceService>());
        return services;
    }
}
