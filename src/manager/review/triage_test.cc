#include "manager/review/triage.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"

namespace warder::manager {
namespace {

TypeCount count_of(std::string type, ModuleKind module, Severity severity, std::int64_t events, std::int64_t hour = 0) {
  return {std::nullopt, hour, module, severity, std::move(type), false, events};
}

/// A day with `events` firewall events in every hour.
DaySum usual_day(std::int64_t events = 10) {
  DaySum sum(24);
  for (std::int64_t hour = 0; hour < 24; ++hour)
    sum.add(count_of("firewall.packet.denied", ModuleKind::Firewall, Severity::Low, events, hour));
  return sum;
}

std::vector<DaySummary> usual_days(std::size_t count = 7) {
  return std::vector<DaySummary>(count, usual_day().summary());
}

std::vector<std::string> kinds_of(const Triage& triage) {
  std::vector<std::string> kinds;
  for (const ReviewFinding& each : triage.findings) kinds.push_back(each.kind);
  return kinds;
}

using Kinds = std::vector<std::string>;

TEST(Triage, AUsualDayIsQuiet) {
  const Triage found = triage(usual_day(12).summary(), usual_days());
  EXPECT_EQ(found.result, TriageResult::Quiet);
  EXPECT_EQ(kinds_of(found), Kinds{});
}

TEST(Triage, ASystemThatSentNothingIsNeverFine) {
  EXPECT_EQ(triage(DaySum(24).summary(), usual_days()).result, TriageResult::Gap);
  EXPECT_EQ(triage(DaySum(24).summary(), {}).findings.at(0).kind, "silent");
}

TEST(Triage, SaysWhatStandsOutAndWhy) {
  struct Case {
    const char* name;
    TypeCount added;
    Kinds kinds;
    TriageResult result;
  };
  TypeCount login = count_of("firewall.packet.denied", ModuleKind::Firewall, Severity::Low, 5);
  login.is_failed_login = true;
  const Case cases[] = {
      {"high",
       count_of("firewall.packet.denied", ModuleKind::Firewall, Severity::High, 1),
       {"severity"},
       TriageResult::Look},
      {"lost",
       count_of("agent.spool.loss", ModuleKind::Agent, Severity::Medium, 1),
       {"lost", "new-type"},
       TriageResult::Gap},
      {"change",
       count_of("integrity.file.updated", ModuleKind::Integrity, Severity::Low, 1),
       {"integrity", "new-type"},
       TriageResult::Look},
      {"explained change",
       count_of("integrity.file.updated", ModuleKind::Integrity, Severity::Info, 1),
       {"new-type"},
       TriageResult::Look},
      {"logins", login, {"failed-logins"}, TriageResult::Look},
      {"rate",
       count_of("firewall.packet.denied", ModuleKind::Firewall, Severity::Low, 200),
       {"rate"},
       TriageResult::Look},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    DaySum day = usual_day();
    day.add(each.added);
    const Triage found = triage(day.summary(), usual_days());
    EXPECT_EQ(kinds_of(found), each.kinds);
    EXPECT_EQ(found.result, each.result);
  }
}

TEST(Triage, ALongerSilenceThanEverIsAGap) {
  DaySum day(25);
  for (std::int64_t hour = 0; hour < 17; ++hour)
    day.add(count_of("firewall.packet.denied", ModuleKind::Firewall, Severity::Low, 10, hour));
  EXPECT_EQ(day.summary().silent_hours, 8);
  EXPECT_EQ(kinds_of(triage(day.summary(), usual_days())), Kinds{"silent-hours"});
  EXPECT_EQ(kinds_of(triage(day.summary(), usual_days(2))), Kinds{}) << "two days are no habit";
  auto before = usual_days();
  before[0].silent_hours = 9;
  EXPECT_EQ(kinds_of(triage(day.summary(), before)), Kinds{}) << "it was silent as long before";
}

TEST(Triage, TheFirstDayHasNothingToCompareWith) {
  EXPECT_EQ(kinds_of(triage(usual_day().summary(), {})), Kinds{"new-system"});
}

TEST(Triage, EveryFindingHasAKindWithItsWords) {
  DaySum day = usual_day();
  day.add(count_of("agent.spool.loss", ModuleKind::Agent, Severity::Critical, 1));
  for (const ReviewFinding& each : triage(day.summary(), {}).findings)
    EXPECT_TRUE(std::ranges::any_of(finding_kinds(), [&](const FindingKind& kind) { return kind.name == each.kind; }))
        << each.kind;
}

TEST(Triage, TypesAreBounded) {
  DaySum day(24);
  for (std::size_t i = 0; i < 3 * kMaxTypesOfDay; ++i)
    day.add(count_of("type." + std::to_string(i), ModuleKind::Ips, Severity::Low, 1));
  EXPECT_EQ(day.summary().types.size(), kMaxTypesOfDay + 1);
  EXPECT_EQ(day.summary().types.at(std::string(kOtherTypes)), 2 * static_cast<std::int64_t>(kMaxTypesOfDay));
}

TEST(Triage, ASummaryIsReadAsItWasWritten) {
  const DaySummary day = usual_day().summary();
  EXPECT_EQ(read_summary(parse_json(json::serialize(to_json(day))).value()).value(), day);
  EXPECT_EQ(read_summary(json::array()).error().code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace warder::manager
