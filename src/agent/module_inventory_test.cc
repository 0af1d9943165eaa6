#include "agent/module_inventory.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "agent/inventory_sender.h"
#include "agent/inventory_triggers.h"
#include "base/json.h"
#include "host/testing/clock.h"
#include "host/testing/facts.h"
#include "host/testing/file_tree.h"

namespace warder::agent {
namespace {

using inventory::Item;
using inventory::Kind;
using std::chrono::seconds;

/// The manager's side: keeps lists as the gateway does, and may be told to forget.
class FakeManager {
 public:
  Result<void> take(const protocol::Envelope& message) {
    const protocol::InventoryUpdate& update = message.inventory_update();
    parts_ += 1;
    bytes_ += update.ByteSizeLong();
    if (update.part() == 0) delta_ = {};
    for (const protocol::InventoryItem& wire : update.set()) {
      Item item{wire.key(), wire.name(), wire.version(), {}};
      for (const auto& attribute : wire.attributes()) item.attributes.emplace_back(attribute.key(), attribute.value());
      delta_.set.push_back(std::move(item));
    }
    for (const std::string& key : update.removed()) delta_.removed.push_back(key);
    if (!update.last()) return {};
    auto& list = lists_[update.kind()];
    const bool is_whole = update.base().empty();
    was_whole_ = is_whole;
    if (is_whole || update.base() == digest_of(list))
      list = inventory::apply_delta(is_whole ? std::vector<Item>{} : list, delta_);
    protocol::InventoryAck& ack = acks_.emplace_back();
    ack.set_kind(update.kind());
    ack.set_digest(digest_of(list));
    ack.set_refused(refusal_);
    return {};
  }
  protocol::HelloAck hello() const {
    protocol::HelloAck ack;
    for (const auto& [kind, list] : lists_) {
      protocol::InventoryState& state = *ack.add_inventory();
      state.set_kind(kind);
      state.set_digest(digest_of(list));
    }
    return ack;
  }
  static std::string digest_of(const std::vector<Item>& list) { return std::string(as_text(inventory::digest(list))); }

  std::map<std::uint32_t, std::vector<Item>> lists_;
  std::vector<protocol::InventoryAck> acks_;
  inventory::Delta delta_;
  std::string refusal_;
  bool was_whole_ = false;
  int parts_ = 0;
  std::size_t bytes_ = 0;
};

class InventorySenderTest : public ::testing::Test {
 protected:
  static std::vector<Item> packages(int count, const std::string& version = "1") {
    std::vector<Item> items;
    for (int i = 0; i < count; ++i)
      items.push_back({"p" + std::to_string(i), "p", i == 0 ? version : "1", {{"a", "b"}}});
    return inventory::canonical(std::move(items));
  }
  void settle() {
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(sender_.step(now_));
      for (const protocol::InventoryAck& ack : std::exchange(manager_.acks_, {})) sender_.on_ack(ack, now_);
    }
  }

  FakeManager manager_;
  InventorySender sender_{[this](const protocol::Envelope& message) { return manager_.take(message); }};
  InventorySender::Time now_{};
};

TEST_F(InventorySenderTest, SaysNothingBeforeTheManagerDoes) {
  sender_.set({{Kind::Package, packages(3)}}, 1);
  settle();
  EXPECT_EQ(manager_.parts_, 0);
  sender_.on_connected(manager_.hello());
  settle();
  EXPECT_EQ(manager_.lists_[2].size(), 3U);
  EXPECT_TRUE(sender_.is_current());
}

TEST_F(InventorySenderTest, SendsOnlyWhatChanged) {
  sender_.on_connected(manager_.hello());
  sender_.set({{Kind::Package, packages(2000)}, {Kind::User, packages(2)}}, 1);
  settle();
  const std::size_t before = manager_.bytes_;
  EXPECT_GT(before, 20'000U);
  sender_.set({{Kind::Package, packages(2000, "2")}}, 2);
  settle();
  EXPECT_FALSE(manager_.was_whole_);
  EXPECT_LT(manager_.bytes_ - before, 200U);
  EXPECT_EQ(manager_.lists_[2], packages(2000, "2"));
  const int parts = manager_.parts_;
  sender_.set({{Kind::Package, packages(2000, "2")}}, 3);
  settle();
  EXPECT_EQ(manager_.parts_, parts);
}

TEST_F(InventorySenderTest, SendsTheWholeListToAManagerThatLostIt) {
  sender_.on_connected(manager_.hello());
  sender_.set({{Kind::Package, packages(10)}}, 1);
  settle();
  manager_.lists_[2].pop_back();  // restored from a backup, say
  sender_.set({{Kind::Package, packages(10, "2")}}, 2);
  settle();
  EXPECT_EQ(manager_.lists_[2], packages(10, "2"));
  EXPECT_TRUE(manager_.was_whole_);
}

TEST_F(InventorySenderTest, SendsNothingAfterAReconnectWhenTheManagerHasItAll) {
  sender_.on_connected(manager_.hello());
  sender_.set({{Kind::Package, packages(10)}}, 1);
  settle();
  const int parts = manager_.parts_;
  sender_.on_connected(manager_.hello());
  settle();
  EXPECT_EQ(manager_.parts_, parts);
}

TEST_F(InventorySenderTest, TellsAnEmptyList) {
  sender_.on_connected(manager_.hello());
  sender_.set({{Kind::Container, {}}}, 1);
  settle();
  EXPECT_EQ(manager_.parts_, 1);
  EXPECT_TRUE(sender_.is_current());
}

TEST_F(InventorySenderTest, WaitsAfterARefusal) {
  manager_.refusal_ = "busy";
  sender_.on_connected(manager_.hello());
  sender_.set({{Kind::Package, packages(1)}}, 1);
  manager_.lists_.clear();
  ASSERT_TRUE(sender_.step(now_));
  protocol::InventoryAck ack;
  ack.set_kind(2);
  ack.set_refused("busy");
  sender_.on_ack(ack, now_);
  manager_.acks_.clear();
  ASSERT_TRUE(sender_.step(now_ + seconds{60}));
  EXPECT_EQ(manager_.parts_, 1);
  ASSERT_TRUE(sender_.step(now_ + seconds{601}));
  EXPECT_EQ(manager_.parts_, 2);
}

TEST_F(InventorySenderTest, SendsAgainWhatWasNeverAnswered) {
  sender_.on_connected(manager_.hello());
  sender_.set({{Kind::Package, packages(1)}}, 1);
  ASSERT_TRUE(sender_.step(now_));
  ASSERT_TRUE(sender_.step(now_ + seconds{30}));
  EXPECT_EQ(manager_.parts_, 1);
  ASSERT_TRUE(sender_.step(now_ + seconds{61}));
  EXPECT_EQ(manager_.parts_, 2);
}

TEST(InventoryUpdates, AreOfBoundedSize) {
  std::vector<Item> items;
  for (int i = 0; i < 3000; ++i) items.push_back({"p" + std::to_string(i), std::string(500, 'x'), "1", {}});
  const auto parts = make_updates(Kind::Package, {items, {}}, "", inventory::digest(items), 0).value();
  EXPECT_GT(parts.size(), 5U);
  for (const protocol::Envelope& part : parts) EXPECT_LT(part.ByteSizeLong(), 300U << 10);
  for (int i = 0; i < 30'000; ++i) items.push_back({"q" + std::to_string(i), std::string(1000, 'x'), "1", {}});
  EXPECT_EQ(make_updates(Kind::Package, {items, {}}, "", {}, 0).error().code, ErrorCode::TooLarge);
}

TEST(InventoryTriggers, WaitUntilAChangeRests) {
  host::testing::MemoryFileTree tree;
  tree.write("/var/lib/dpkg/status", "1");
  InventoryTriggers triggers(tree);
  EXPECT_TRUE(triggers.look().empty());
  EXPECT_TRUE(triggers.look().empty());
  tree.write("/var/lib/dpkg/status", "2");
  EXPECT_TRUE(triggers.look().empty());
  tree.write("/var/lib/dpkg/status", "3");
  EXPECT_TRUE(triggers.look().empty());
  const auto kinds = triggers.look();
  EXPECT_TRUE(kinds.contains(Kind::Package));
  EXPECT_FALSE(kinds.contains(Kind::User));
  EXPECT_TRUE(triggers.look().empty());
  tree.write("/etc/passwd", "root");  // one that was not there
  EXPECT_TRUE(triggers.look().empty());
  EXPECT_TRUE(triggers.look().contains(Kind::Group));
}

class NoSink final : public EventSink {
 public:
  Result<void> emit(std::span<const Event>) override { return {}; }
};
class NoLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::string_view, std::initializer_list<LogField>) override {}
};

/// Answers each update as a manager would, by way of the module.
class Link final : public ManagerChannel {
 public:
  Result<void> send(const protocol::Envelope& message) override {
    const std::lock_guard lock(mutex_);
    if (!manager_.take(message)) return {};
    for (const protocol::InventoryAck& ack : std::exchange(manager_.acks_, {})) {
      protocol::Envelope answer;
      *answer.mutable_inventory_ack() = ack;
      module_->on_manager_message(answer);
    }
    changed_.notify_all();
    return {};
  }
  bool wait_for(Kind kind, std::size_t items) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds{20}, [&] {
      const auto it = manager_.lists_.find(static_cast<std::uint32_t>(kind));
      return it != manager_.lists_.end() && it->second.size() == items;
    });
  }
  std::mutex mutex_;  // guards manager_
  std::condition_variable changed_;
  FakeManager manager_;
  Module* module_ = nullptr;
};

TEST(InventoryModule, TellsTheManagerAndForgetsWhatThePolicyForbids) {
  NoSink sink;
  NoLog log;
  warder::testing::ManualClock clock;
  Link link;
  ModuleContext context{sink, log, clock, "/nowhere", {}, {}, &link};
  auto facts = std::make_unique<host::testing::FixedFacts>();
  host::User user;
  user.name = "root";
  facts->user_list->push_back(user);
  const auto module = make_inventory_module(
      context, {std::move(facts), std::make_unique<host::testing::MemoryFileTree>(), std::chrono::milliseconds{5}});
  link.module_ = module.get();
  ASSERT_TRUE(module->configure({{"enabled", true}}));
  EXPECT_FALSE(module->configure({{"interval_s", 1}}));
  protocol::Envelope greeting;
  greeting.mutable_hello_ack();
  module->on_manager_message(greeting);
  std::jthread runner([&](const std::stop_token& stop) { EXPECT_TRUE(module->run(stop)); });
  EXPECT_TRUE(link.wait_for(Kind::User, 1));
  EXPECT_TRUE(link.wait_for(Kind::Container, 0));
  ASSERT_TRUE(module->configure({{"users", false}}));
  EXPECT_TRUE(link.wait_for(Kind::User, 0));
  EXPECT_TRUE(module->execute("rescan", {}));
  EXPECT_FALSE(module->execute("nonsense", {}));
}

}  // namespace
}  // namespace warder::agent
