#include "manager/events/host_changes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "manager/events/testing.h"

namespace warder::manager {
namespace {

using integrity::NetKind;

class HostChangesTest : public ::testing::Test {
 protected:
  /// So many hours ago.
  void store(int hours, const std::string& type, const std::string& path = "/etc/motd", const std::string& was = "aa",
             const std::string& is = "bb") {
    Event event = make_event(kNow - std::chrono::hours(hours), Severity::High);
    event.type = type;
    if (type.starts_with("agent.")) event.module = ModuleKind::Agent;
    event.fields.clear();
    if (type.starts_with("integrity.file.")) {
      event.set("file.path", path);
      event.set("change.attributes", std::string("content"));
      event.set("file.hash.sha256", is);
      event.set("file.hash.sha256.was", was);
    }
    ASSERT_TRUE(events_.ingest({{++sequence_, std::move(event)}}));
  }
  HostChanges read(std::optional<int> from_hours = {}, std::size_t most = kMostChangeEvents) {
    const auto from = from_hours ? std::optional(kNow - std::chrono::hours(*from_hours)) : std::nullopt;
    return read_host_changes(*events_, events_.scope(), events_.agent().id, from, most).value();
  }
  static Timestamp ago(int hours) { return kNow - std::chrono::hours(hours); }

  TestEvents events_;
  std::uint64_t sequence_ = 0;
};

TEST_F(HostChangesTest, CountsFromTheBaselineThatIsHeld) {
  store(50, "integrity.baseline.created");
  store(40, "integrity.file.updated", "/etc/motd", "aa", "bb");
  store(30, "integrity.file.updated", "/etc/motd", "bb", "cc");
  store(20, "integrity.file.updated", "/etc/issue", "aa", "bb");
  store(10, "integrity.file.updated", "/etc/issue", "bb", "aa");
  const HostChanges found = read();
  EXPECT_EQ(found.start, ChangesStart::Baseline);
  EXPECT_EQ(found.since, ago(50));
  EXPECT_EQ(found.baseline, ago(50));
  EXPECT_TRUE(found.gaps.empty());
  ASSERT_EQ(found.changes.size(), 1U) << "one changed back";
  EXPECT_EQ(found.changes[0].key, "/etc/motd");
  EXPECT_EQ(found.changes[0].differences().at("content").was, "aa");
  EXPECT_EQ(found.changes[0].differences().at("content").is, "cc");
}

TEST_F(HostChangesTest, SaysThatNothingIsKnownRatherThanThatNothingChanged) {
  const HostChanges none = read();
  EXPECT_EQ(none.start, ChangesStart::Unknown);
  EXPECT_FALSE(none.since);
  EXPECT_EQ(none.gaps, (std::vector{ChangesGap::NothingHeld}));
  store(9, "integrity.file.updated");
  const HostChanges held = read();
  EXPECT_EQ(held.start, ChangesStart::Held) << "the baseline is older than what is held";
  EXPECT_EQ(held.since, ago(9));
  EXPECT_EQ(held.gaps, (std::vector{ChangesGap::NotHeld}));
  EXPECT_EQ(held.changes.size(), 1U);
}

TEST_F(HostChangesTest, ABaselineThatWasLostForgetsWhatWasBefore) {
  store(50, "integrity.baseline.created");
  store(40, "integrity.file.updated", "/before");
  store(30, "integrity.baseline.lost");
  EXPECT_EQ(read().gaps, (std::vector{ChangesGap::NothingHeld, ChangesGap::Building}));
  store(29, "integrity.baseline.created");
  store(20, "integrity.file.updated", "/after");
  const HostChanges found = read();
  EXPECT_EQ(found.start, ChangesStart::Baseline);
  EXPECT_EQ(found.since, ago(29));
  EXPECT_EQ(found.gaps, (std::vector{ChangesGap::Rebuilt}));
  ASSERT_EQ(found.changes.size(), 1U);
  EXPECT_EQ(found.changes[0].key, "/after");
  EXPECT_TRUE(read(25).gaps.empty()) << "since then all is known";
}

TEST_F(HostChangesTest, ALaterTimeCanBeAskedForAndAnEarlierCannot) {
  store(50, "integrity.baseline.created");
  store(40, "integrity.file.updated", "/etc/motd", "aa", "bb");
  store(30, "integrity.baseline.created");
  store(20, "integrity.file.updated", "/etc/motd", "bb", "cc");
  const HostChanges later = read(35);
  EXPECT_EQ(later.start, ChangesStart::Asked);
  EXPECT_EQ(later.since, ago(35));
  EXPECT_TRUE(later.gaps.empty());
  EXPECT_EQ(later.changes.at(0).differences().at("content").was, "bb");
  const HostChanges earlier = read(60);
  EXPECT_EQ(earlier.start, ChangesStart::Baseline);
  EXPECT_EQ(earlier.since, ago(50));
  EXPECT_EQ(earlier.extended, ago(30)) << "the policy watches something else from then on";
  EXPECT_EQ(earlier.changes.at(0).differences().at("content").was, "aa");
}

TEST_F(HostChangesTest, WhatIsNoEventOfTheModuleProvesNothing) {
  store(40, "agent.spool.loss");
  store(20, "integrity.file.updated");
  const HostChanges found = read(30);
  EXPECT_EQ(found.start, ChangesStart::Held) << "older ones of the module may have gone already";
  EXPECT_EQ(found.since, ago(20));
}

TEST_F(HostChangesTest, AChangeFromBeforeTheBaselineThatIsHeldBelongsToAnEarlierOne) {
  store(40, "integrity.file.updated", "/etc/motd", "aa", "bb");
  store(30, "integrity.baseline.created");
  store(20, "integrity.file.updated", "/etc/motd", "bb", "cc");
  const HostChanges found = read();
  EXPECT_EQ(found.start, ChangesStart::Held);
  EXPECT_EQ(found.since, ago(40));
  EXPECT_EQ(found.gaps, (std::vector{ChangesGap::NotHeld}));
  EXPECT_EQ(found.changes.at(0).differences().at("content").was, "aa");
}

TEST_F(HostChangesTest, WhatIsHeldSinceALossIsAllThereCanBe) {
  store(30, "integrity.baseline.lost");
  store(20, "integrity.file.updated");
  EXPECT_EQ(read().gaps, (std::vector{ChangesGap::Building}));
}

TEST_F(HostChangesTest, NamesWhatMayBeMissing) {
  store(50, "integrity.baseline.created");
  store(40, "integrity.baseline.unverified");
  store(30, "integrity.baseline.tampered");
  ASSERT_TRUE(events_.ingest({}, {{++sequence_, ++sequence_, 1, Severity::High}}));
  EXPECT_EQ(read().gaps, (std::vector{ChangesGap::EventsLost, ChangesGap::Tampered, ChangesGap::Unverified}));
  store(20, "integrity.file.updated");
  const HostChanges cut = read({}, 2);
  EXPECT_EQ(cut.start, ChangesStart::Cut);
  EXPECT_EQ(cut.since, ago(20));
  EXPECT_EQ(cut.gaps, (std::vector{ChangesGap::EventsLost, ChangesGap::TooMany}));
}

}  // namespace
}  // namespace warder::manager
