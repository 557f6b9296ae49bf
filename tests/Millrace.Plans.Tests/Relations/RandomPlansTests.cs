using Millrace.Testing.Plans;

namespace Millrace.Plans.Tests;

public sealed class RandomPlansTests
{
    [Fact]
    public void Random_plans_are_well_typed_and_lower_to_the_same_columns()
    {
        for (var seed = 1; seed <= 500; seed++)
        {
            var plan = new RandomPlans(seed, new() { Steps = 1 + seed % 12, OrderDependent = true, Rejects = true }).Plan();
            var core = Lowering.Lower(plan);
            Assert.True(plan.Schema.Equals(core.Schema), $"Seed {seed}: {plan.Schema} became {core.Schema}.");
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_plan() =>
        Assert.Equal(new RandomPlans(7).Plan(), new RandomPlans(7).Plan());
}
