#include "manager/api/event_streams.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>

#include "manager/events/testing.h"

namespace warder::manager {
namespace {

/// Keeps what is written; can be full, closed, and waited for.
class MemoryStream final : public ResponseStream {
 public:
  bool write(std::string_view bytes) override {
    const std::scoped_lock lock{mutex_};
    if (!open_ || full_) return false;
    text_ += bytes;
    changed_.notify_all();
    return true;
  }
  void close() override {
    const std::scoped_lock lock{mutex_};
    open_ = false;
    changed_.notify_all();
  }
  [[nodiscard]] bool is_open() const override {
    const std::scoped_lock lock{mutex_};
    return open_;
  }
  void set_full(bool full) {
    const std::scoped_lock lock{mutex_};
    full_ = full;
  }
  /// False when the text does not come.
  bool wait_for(std::string_view text) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return text_.find(text) != std::string::npos; });
  }
  bool wait_until_closed() {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return !open_; });
  }
  [[nodiscard]] std::size_t occurrences(std::string_view part) const {
    const std::scoped_lock lock{mutex_};
    std::size_t count = 0;
    for (auto at = text_.find(part); at != std::string::npos; at = text_.find(part, at + 1)) ++count;
    return count;
  }

 private:
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::string text_;
  bool open_ = true;
  bool full_ = false;
};

class EventTailsTest : public ::testing::Test {
 protected:
  std::shared_ptr<MemoryStream> open_tail(EventTails& tails, std::size_t capacity = 100,
                                          const std::vector<StoredEvent>& missed = {}) {
    auto stream = std::make_shared<MemoryStream>();
    tails.add(stream, events_.feed().follow(events_.scope(), {}, capacity), "en", missed);
    return stream;
  }
  void ingest(std::uint64_t first, std::uint64_t last) {
    const auto result = events_.ingest(make_sequence(first, last));
    ASSERT_TRUE(result) << result.error().message;
  }

  TestEvents events_;
  Messages messages_;
};

TEST_F(EventTailsTest, BringsEventsAsTheyAreStored) {
  EventTails tails{events_.feed(), messages_};
  const auto stream = open_tail(tails);
  EXPECT_TRUE(stream->wait_for("retry: "));
  ingest(1, 2);
  const auto all = events_.all();
  for (const StoredEvent& stored : all)
    EXPECT_TRUE(
        stream->wait_for("id: " + tail_id(stored) + "\nevent: event\ndata: {\"id\":\"" + stored.event.id.text()));
}

TEST_F(EventTailsTest, BringsWhatWasMissedOnce) {
  EventTails tails{events_.feed(), messages_};
  const auto follower = events_.feed().follow(events_.scope(), {});
  ingest(1, 2);  // the feed has them, and the store
  const auto stream = std::make_shared<MemoryStream>();
  tails.add(stream, follower, "en", events_.all());
  ingest(3, 3);
  EXPECT_TRUE(stream->wait_for(tail_id(events_.all().front())));
  EXPECT_EQ(stream->occurrences("event: event"), 3U);
}

TEST_F(EventTailsTest, TellsHowManyWereDropped) {
  EventTails tails{events_.feed(), messages_};
  const auto stream = open_tail(tails, 2);
  stream->set_full(true);
  ingest(1, 5);
  stream->set_full(false);
  ingest(6, 6);
  EXPECT_TRUE(stream->wait_for("event: dropped\ndata: {\"count\":"));
}

TEST_F(EventTailsTest, SendsAHeartbeatAndEndsLongTails) {
  EventTails quick{events_.feed(), messages_, {std::chrono::milliseconds{5}, std::chrono::minutes{30}}};
  EXPECT_TRUE(open_tail(quick)->wait_for(": still here"));
  EventTails brief{events_.feed(), messages_, {std::chrono::milliseconds{5}, std::chrono::minutes{0}}};
  EXPECT_TRUE(open_tail(brief)->wait_until_closed());
}

TEST_F(EventTailsTest, ClosesEveryTailAtItsEnd) {
  std::shared_ptr<MemoryStream> stream;
  {
    EventTails tails{events_.feed(), messages_};
    stream = open_tail(tails);
  }
  EXPECT_FALSE(stream->is_open());
}

TEST(TailId, ParsesWhatItWrites) {
  const StoredEvent stored{make_event(kNow), kNow, std::nullopt, "h"};
  const auto position = parse_tail_id(tail_id(stored));
  ASSERT_TRUE(position) << position.error().message;
  EXPECT_EQ(position->received, kNow);
  EXPECT_EQ(position->id, stored.event.id);
  for (const std::string_view bad : {"", "-", "5", "5-x", "-5-01890a5d-ac96-774b-bcce-b302099a8057"})
    EXPECT_FALSE(parse_tail_id(bad)) << bad;
}

TEST(ExportThreads, RunsAFewAtOnceAndEndsThem) {
  std::atomic<int> ended{0};
  {
    ExportThreads threads;
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(threads.start([&ended](const std::stop_token& stop) {
        MemoryStream stream;
        stream.set_full(true);
        EXPECT_FALSE(write_patiently(stream, "x", stop));
        ++ended;
      }));
    }
    EXPECT_FALSE(threads.start([](const std::stop_token&) {}));
  }
  EXPECT_EQ(ended, 4);
}

}  // namespace
}  // namespace warder::manager
