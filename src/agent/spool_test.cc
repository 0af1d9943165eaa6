#include "agent/spool.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <optional>

#include "base/random.h"

namespace warder::agent {
namespace {

class Directory {
 public:
  Directory() : path_(std::filesystem::temp_directory_path() / ("spool-" + to_hex(random_bytes(8)))) {
    std::filesystem::create_directories(path_);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::filesystem::path file() const { return path_ / "spool.db"; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

protocol::Event event(std::uint32_t severity, const std::string& type = "agent.test") {
  protocol::Event out;
  out.set_type(type);
  out.set_severity(severity);
  return out;
}

std::vector<protocol::Event> events(std::initializer_list<std::uint32_t> severities) {
  std::vector<protocol::Event> out;
  for (const auto severity : severities) out.push_back(event(severity));
  return out;
}

std::unique_ptr<Spool> open(const Directory& directory, SpoolLimits limits = {}) {
  auto spool = Spool::open(directory.file(), limits);
  EXPECT_TRUE(spool) << (spool ? "" : spool.error().message);
  return std::move(*spool);
}

std::vector<std::uint64_t> sequences(const protocol::EventBatch& batch) {
  std::vector<std::uint64_t> out;
  for (const auto& sequenced : batch.events()) out.push_back(sequenced.sequence());
  return out;
}

TEST(Spool, GivesEventsInOrderUntilTheyAreAcknowledged) {
  const Directory directory;
  const auto spool = open(directory);
  ASSERT_TRUE(spool->append(events({1, 2, 3})));
  const auto epoch = spool->status().epoch;
  EXPECT_EQ(sequences(*spool->next_batch(2, 1 << 20)), (std::vector<std::uint64_t>{1, 2}));
  ASSERT_TRUE(spool->acknowledge(epoch, 2));
  EXPECT_EQ(sequences(*spool->next_batch(2, 1 << 20)), (std::vector<std::uint64_t>{3}));
  ASSERT_TRUE(spool->acknowledge(epoch, 3));
  EXPECT_EQ(spool->next_batch(2, 1 << 20)->events_size(), 0);
  EXPECT_EQ(spool->status().bytes, 0U);
}

TEST(Spool, KeepsEpochSequenceAndEventsWhenReopened) {
  const Directory directory;
  Bytes epoch;
  {
    const auto spool = open(directory);
    ASSERT_TRUE(spool->append(events({1, 2, 3})));
    epoch = spool->status().epoch;
    ASSERT_TRUE(spool->acknowledge(epoch, 3));
  }
  const auto spool = open(directory);
  EXPECT_EQ(spool->status().epoch, epoch);
  ASSERT_TRUE(spool->append(events({1})));
  EXPECT_EQ(sequences(*spool->next_batch(9, 1 << 20)), (std::vector<std::uint64_t>{4}));
}

TEST(Spool, EvictsTheLeastSevereOldestAndTellsTheRanges) {
  const Directory directory;
  const auto spool = open(directory, {.max_events = 3, .max_bytes = 1 << 20});
  ASSERT_TRUE(spool->append(events({0, 3, 0, 0, 4})));
  const auto batch = spool->next_batch(9, 1 << 20);
  EXPECT_EQ(sequences(*batch), (std::vector<std::uint64_t>{2, 4, 5}));
  ASSERT_EQ(batch->losses_size(), 2);
  EXPECT_EQ(batch->losses(0).first_sequence(), 1U);
  EXPECT_EQ(batch->losses(0).last_sequence(), 1U);
  EXPECT_EQ(batch->losses(1).first_sequence(), 3U);
  EXPECT_EQ(batch->losses(1).events(), 1U);
  EXPECT_EQ(spool->status().lost, 2U);
  ASSERT_TRUE(spool->append(events({4})));  // 4 goes, and joins 3
  const auto next = spool->next_batch(9, 1 << 20);
  ASSERT_EQ(next->losses_size(), 2);
  EXPECT_EQ(next->losses(1).first_sequence(), 3U);
  EXPECT_EQ(next->losses(1).last_sequence(), 4U);
  EXPECT_EQ(next->losses(1).events(), 2U);
  ASSERT_TRUE(spool->acknowledge(spool->status().epoch, 6));
  EXPECT_EQ(spool->status().lost, 0U);
  EXPECT_EQ(spool->status().lost_ever, 3U);
}

TEST(Spool, IsBoundedByBytes) {
  const Directory directory;
  const auto spool = open(directory, {.max_events = 1000, .max_bytes = 2500});
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(spool->append(std::vector{event(1, std::string(1000, 'x'))}));
    EXPECT_LE(spool->status().bytes, 2500U);
  }
  EXPECT_EQ(spool->status().events, 2U);
  EXPECT_EQ(spool->status().lost, 8U);
}

TEST(Spool, TellsLossesEvenWhenNoEventIsLeft) {
  const Directory directory;
  const auto spool = open(directory, {.max_events = 1000, .max_bytes = 10});
  ASSERT_TRUE(spool->append(std::vector{event(1, std::string(100, 'x'))}));
  const auto batch = spool->next_batch(9, 1 << 20);
  EXPECT_EQ(batch->events_size(), 0);
  ASSERT_EQ(batch->losses_size(), 1);
  EXPECT_EQ(batch->losses(0).last_sequence(), 1U);
}

TEST(Spool, WithholdsLossesThatComeAfterTheBatch) {
  const Directory directory;
  const auto spool = open(directory, {.max_events = 3, .max_bytes = 1 << 20});
  ASSERT_TRUE(spool->append(events({3, 3, 0, 3})));
  const auto batch = spool->next_batch(2, 1 << 20);
  EXPECT_EQ(sequences(*batch), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(batch->losses_size(), 0);
}

TEST(Spool, RefusesForeignAcknowledgements) {
  const Directory directory;
  const auto spool = open(directory);
  ASSERT_TRUE(spool->append(events({1})));
  EXPECT_FALSE(spool->acknowledge(random_bytes(16), 1));
  EXPECT_FALSE(spool->acknowledge(spool->status().epoch, 2));
  EXPECT_EQ(spool->status().events, 1U);
}

TEST(Spool, DiscardsWhatCanNeverBeStored) {
  const Directory directory;
  const auto spool = open(directory);
  ASSERT_TRUE(spool->append(events({1, 1, 1})));
  const std::vector<std::uint64_t> poison = {2};
  ASSERT_TRUE(spool->discard(spool->status().epoch, poison));
  EXPECT_EQ(sequences(*spool->next_batch(9, 1 << 20)), (std::vector<std::uint64_t>{1, 3}));
}

TEST(Spool, RenumbersWhatItHoldsInANewEpoch) {
  const Directory directory;
  const auto spool = open(directory, {.max_events = 3, .max_bytes = 1 << 20});
  ASSERT_TRUE(spool->append(events({1, 1})));
  const auto epoch = spool->status().epoch;
  ASSERT_TRUE(spool->acknowledge(epoch, 2));
  ASSERT_TRUE(spool->append(events({3, 0, 3, 3})));
  ASSERT_TRUE(spool->restart_epoch());
  EXPECT_NE(spool->status().epoch, epoch);
  EXPECT_EQ(spool->status().acknowledged, 0U);
  const auto batch = spool->next_batch(9, 1 << 20);
  EXPECT_EQ(sequences(*batch), (std::vector<std::uint64_t>{1, 3, 4}));
  ASSERT_EQ(batch->losses_size(), 1);
  EXPECT_EQ(batch->losses(0).first_sequence(), 2U);
}

TEST(Spool, MovesADamagedFileAsideAndBeginsANewEpoch) {
  const Directory directory;
  { std::ofstream(directory.file()) << std::string(8192, 'z'); }
  const auto opened = open_or_replace_spool(directory.file(), {}, "1");
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(std::filesystem::exists(opened->moved_aside));
  EXPECT_EQ(opened->spool->status().last, 0U);
  ASSERT_TRUE(opened->spool->append(events({1})));
}

/// What a spool must say at any time, kept the naive way.
struct Model {
  std::map<std::uint64_t, std::uint32_t> held;  // sequence → severity
  std::map<std::uint64_t, std::uint32_t> lost;
  std::uint64_t last = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t max_events = 0;

  void append(std::uint32_t severity) { held[++last] = severity; }
  void evict() {
    while (held.size() > max_events) {
      auto victim = held.begin();
      for (auto it = held.begin(); it != held.end(); ++it) {
        if (it->second < victim->second) victim = it;
      }
      lost.insert(*victim);
      held.erase(victim);
    }
  }
  void acknowledge(std::uint64_t sequence) {
    acknowledged = sequence;
    held.erase(held.begin(), held.upper_bound(sequence));
    lost.erase(lost.begin(), lost.upper_bound(sequence));
  }
};

void check_against(const Spool& spool, const Model& model) {
  const auto status = spool.status();
  RC_ASSERT(status.events == model.held.size());
  RC_ASSERT(status.lost == model.lost.size());
  RC_ASSERT(status.last == model.last);
  const auto batch = spool.next_batch(10'000, 1 << 30);
  RC_ASSERT(batch.has_value());
  std::map<std::uint64_t, std::uint32_t> held;
  for (const auto& e : batch->events()) held[e.sequence()] = e.event().severity();
  RC_ASSERT(held == model.held);
  std::uint64_t told = 0;
  for (const auto& range : batch->losses()) {
    for (auto s = range.first_sequence(); s <= range.last_sequence(); ++s) RC_ASSERT(model.lost.contains(s));
    told += range.events();
  }
  RC_ASSERT(told == model.lost.size());
  // Held, lost and acknowledged explain every sequence that was ever given.
  RC_ASSERT(held.size() + told + model.acknowledged == model.last);
}

RC_GTEST_PROP(Spool, ExplainsEverySequenceAfterAnyRunOfAppendsAcksAndCrashes, ()) {
  const Directory directory;
  Model model;
  model.max_events = *rc::gen::inRange<std::uint64_t>(1, 12);
  const SpoolLimits limits{.max_events = model.max_events, .max_bytes = 1 << 30};
  auto spool = open(directory, limits);
  const int steps = *rc::gen::inRange(1, 25);
  for (int step = 0; step < steps; ++step) {
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
      case 1: {
        std::vector<protocol::Event> batch;
        for (const int severity : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5))) {
          batch.push_back(event(static_cast<std::uint32_t>(severity)));
          model.append(batch.back().severity());
        }
        RC_ASSERT(spool->append(batch).has_value());
        model.evict();
        break;
      }
      case 2: {
        const auto sequence = *rc::gen::inRange<std::uint64_t>(model.acknowledged, model.last + 1);
        RC_ASSERT(spool->acknowledge(spool->status().epoch, sequence).has_value());
        model.acknowledge(sequence);
        break;
      }
      default: {  // a kill: what is on the disk at this moment is what the next process finds
        const Directory copy;
        std::filesystem::copy(directory.path(), copy.path(), std::filesystem::copy_options::recursive);
        check_against(*open(copy, limits), model);
      }
    }
    check_against(*spool, model);
  }
}

}  // namespace
}  // namespace warder::agent
