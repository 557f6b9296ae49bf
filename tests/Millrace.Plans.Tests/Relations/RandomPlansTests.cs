using Millrace.Testing.Plans;

namespace Millrace.Plans.Tests;

public sealed class RandomPlansTests
{
    [Fact]
    public void Random_plans_are_well_typed_and_lower_to_the_same_columns()
    {
        for (var seed = 1; seed <= 500; seed++)
        {
            var plan = new RandomPlans(seed, new() { Steps = 1 + seed % 12, OrderDependent = true, Rejects = true, Callbacks = true, Queries = true }).Plan();
            var core = Lowering.Lower(plan);
            Assert.True(plan.Schema.Equals(core.Schema), $"Seed {seed}: {plan.Schema} became {core.Schema}.");
        }
    }

    [Fact]
    public void Every_step_function_and_type_is_in_some_random_plan()
    {
        const int most = 6_000;
        var coverage = new PlanCoverage();
        for (var seed = 1; seed <= most && coverage.Missing.Any(); seed++)
            coverage.Add(new RandomPlans(seed, new() { Steps = 1 + seed % 12, OrderDependent = true, Rejects = true, Callbacks = true, Queries = true }).Plan());
        Assert.True(!coverage.Missing.Any(), $"Not in the plans of the seeds 1 to {most}: {string.Join(", ", coverage.Missing)}. Let RandomPlans make them.");
    }

    [Fact]
    public void The_same_seed_gives_the_same_plan() =>
        Assert.Equal(new RandomPlans(7).Plan(), new RandomPlans(7).Plan());
}
