// What waits for the receiver in the spool, and the forwarder against a receiver on the loopback.
#include "agent/forwarder.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <thread>

#include "agent/forwarding_keeper.h"
#include "agent/testing.h"
#include "base/file.h"
#include "base/json.h"
#include "host/linux/clock.h"
#include "host/testing/clock.h"
#include "protocol/protocol.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Events {
 public:
  std::vector<protocol::Event> make(std::size_t count, Severity severity = Severity::Low) {
    std::vector<protocol::Event> out(count);
    for (protocol::Event& wire : out) {
      Event event;
      event.time = from_micros(1'800'000'000'000'000 + ++made_);
      event.id = EventId{ids_.next(event.time)};
      event.module = ModuleKind::Integrity;
      event.type = "integrity.file.updated";
      event.severity = severity;
      protocol::to_wire(event, &wire);
    }
    return out;
  }

 private:
  UuidGenerator ids_{fill_random};
  std::int64_t made_ = 0;
};

std::string id_of(const protocol::Event& event) {
  return protocol::from_wire(event)->id.text();
}

class OutgoingTest : public ::testing::Test {
 protected:
  OutgoingTest() { open(); }
  void open() {
    spool_.reset();
    spool_ = Spool::open(directory_.path() / "spool.db", {}).value();
  }
  void keep(std::uint64_t max_bytes = 1 << 20) {
    OutgoingOptions options;
    options.max_bytes = max_bytes;
    options.wants = [](const protocol::Event& event) { return event.severity() > 0; };
    ASSERT_TRUE(spool_->keep_outgoing(std::move(options)));
  }
  std::vector<std::uint64_t> numbers(std::uint64_t after = 0) {
    std::vector<std::uint64_t> out;
    const auto items = spool_->next_outgoing(after, 1000, 1 << 20).value();
    for (const OutgoingItem& item : items) out.push_back(item.number);
    return out;
  }
  using Numbers = std::vector<std::uint64_t>;

  testing::Directory directory_;
  Events events_;
  std::unique_ptr<Spool> spool_;
};

TEST_F(OutgoingTest, EachReceiverHasItsOwnPlace) {
  ASSERT_TRUE(spool_->append(events_.make(2)));  // before there was a receiver
  keep();
  ASSERT_TRUE(spool_->append(events_.make(3)));
  ASSERT_TRUE(spool_->append(events_.make(1, Severity::Info)));  // not wanted
  EXPECT_EQ(numbers(), (Numbers{1, 2, 3}));
  ASSERT_TRUE(spool_->acknowledge(spool_->status().epoch, 6));
  EXPECT_EQ(spool_->status().events, 0U);
  EXPECT_EQ(numbers(), (Numbers{1, 2, 3}));
  ASSERT_TRUE(spool_->forget_outgoing(2, {.delivered = 2}));
  ASSERT_TRUE(spool_->restart_epoch());
  open();
  EXPECT_EQ(numbers(), Numbers{3});
  EXPECT_EQ(spool_->outgoing().ever.delivered, 2U);
  ASSERT_TRUE(spool_->forget_outgoing(3, {.delivered = 1}));
  EXPECT_FALSE(spool_->outgoing().oldest);
  keep();
  ASSERT_TRUE(spool_->append(events_.make(1)));
  EXPECT_EQ(numbers(), Numbers{4});  // no number twice
}

TEST_F(OutgoingTest, AFullQueueDropsTheLeastSevereOldestAndCountsThem) {
  const std::size_t one = events_.make(1).front().SerializeAsString().size();
  keep(4 * one + one / 2);
  ASSERT_TRUE(spool_->append(events_.make(2, Severity::High)));
  ASSERT_TRUE(spool_->append(events_.make(4, Severity::Low)));
  EXPECT_EQ(numbers(), (Numbers{1, 2, 5, 6}));
  EXPECT_EQ(spool_->outgoing().ever.lost, 2U);
  EXPECT_EQ(spool_->outgoing().events, 4U);
  // What was given is on its way and stays.
  ASSERT_TRUE(spool_->append(events_.make(3, Severity::Low)));
  EXPECT_EQ(numbers(), (Numbers{1, 2, 5, 6}));
  EXPECT_EQ(spool_->outgoing().ever.lost, 5U);
  EXPECT_EQ(spool_->status().events, 9U);  // the manager's are not touched
}

TEST_F(OutgoingTest, WithoutAReceiverNothingIsKept) {
  keep();
  ASSERT_TRUE(spool_->append(events_.make(2)));
  ASSERT_TRUE(spool_->keep_outgoing(std::nullopt));
  EXPECT_EQ(spool_->outgoing().events, 0U);
  ASSERT_TRUE(spool_->append(events_.make(2)));
  EXPECT_TRUE(numbers().empty());
}

/// Takes lines, can be stopped in the middle of one, and comes back at the same port.
class LineReceiver {
 public:
  LineReceiver() { listen(); }
  ~LineReceiver() { die(); }
  LineReceiver(const LineReceiver&) = delete;
  LineReceiver& operator=(const LineReceiver&) = delete;

  void listen() {
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener_.get(), 4), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { take(stop); });
  }
  void die() {
    thread_.request_stop();
    ::shutdown(listener_.get(), SHUT_RDWR);
    {
      const std::lock_guard lock(mutex_);
      ::shutdown(connection_.get(), SHUT_RDWR);
    }
    if (thread_.joinable()) thread_.join();
    connection_.reset();
    listener_.reset();
  }
  std::vector<std::string> ids() {
    const std::lock_guard lock(mutex_);
    return ids_;
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  std::atomic<std::size_t> ends_after{SIZE_MAX};  // bytes of a connection

 private:
  void take(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      UniqueFd taken(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!taken.is_open()) return;
      const int fd = taken.get();
      {
        const std::lock_guard lock(mutex_);
        connection_ = std::move(taken);
      }
      read_lines(fd);
      const std::lock_guard lock(mutex_);
      connection_.reset();
    }
  }
  void read_lines(int fd) {
    std::string text;
    std::size_t all = 0;
    std::array<char, 4096> part{};
    for (ssize_t size = 0; (size = ::recv(fd, part.data(), part.size(), 0)) > 0;) {
      all += static_cast<std::size_t>(size);
      text.append(part.data(), static_cast<std::size_t>(size));
      for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1))
        keep(text.substr(0, end));
      if (all >= ends_after) return;
    }
  }
  void keep(const std::string& line) {
    const auto event = parse_json(line.substr(line.find('{')), 1 << 20);
    ASSERT_TRUE(event) << line;
    const std::lock_guard lock(mutex_);
    ids_.emplace_back(*get_string(event->as_object(), "id"));
  }

  std::uint16_t port_ = 0;
  UniqueFd listener_;
  std::mutex mutex_;  // guards connection_, ids_
  UniqueFd connection_;
  std::vector<std::string> ids_;
  std::jthread thread_;
};

bool wait_for(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + seconds{20};
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds{2});
  }
  return true;
}

class ForwarderTest : public ::testing::Test {
 protected:
  ForwarderTest() {
    policy_.enabled = true;
    policy_.host = "127.0.0.1";
    policy_.transport = "tcp";
    policy_.framing = "line-feed";
    policy_.settle_ms = 20;
    policy_.max_bytes = 65'536;
    restart();
  }
  /// As after a kill: only what is on the disk is known.
  void restart() {
    forwarder_.reset();
    spool_.reset();
    spool_ = Spool::open(directory_.path() / "spool.db", {}).value();
    forwarder_ =
        std::make_unique<Forwarder>(parts(), ForwarderOptions{milliseconds{1}, milliseconds{5}, system_dice()});
  }
  ForwarderParts parts() {
    return {*spool_,   messages_,
            clock_,    log_,
            AgentId{}, TenantId{},
            "web-1",   [](const std::string& /*which*/) { return Result<sinks::Credentials>(sinks::Credentials{}); }};
  }
  void use(std::uint16_t port) {
    policy_.port = port;
    ASSERT_TRUE(forwarder_->use(policy_));
  }
  void append(std::size_t count) {
    const auto made = events_.make(count);
    ASSERT_TRUE(spool_->append(made));
    for (const protocol::Event& event : made) ids_.push_back(id_of(event));
    forwarder_->wake();
  }
  bool is_all_settled() {
    return wait_for([this] { return spool_->outgoing().events == 0; });
  }
  /// Each id's first arrival, in order.
  static std::vector<std::string> firsts(const std::vector<std::string>& ids) {
    std::vector<std::string> out;
    std::map<std::string, bool> seen;
    for (const std::string& id : ids)
      if (!std::exchange(seen[id], true)) out.push_back(id);
    return out;
  }

  testing::Directory directory_;
  testing::QuietLog log_;
  host::SystemClock clock_;
  Messages messages_;
  Events events_;
  sinks::ForwardingPolicy policy_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Forwarder> forwarder_;
  std::vector<std::string> ids_;
};

TEST_F(ForwarderTest, SendsWhatIsSpooledInOrderAndOnlyOnce) {
  LineReceiver receiver;
  use(receiver.port());
  append(700);  // more than a batch
  ASSERT_TRUE(is_all_settled());
  append(3);
  ASSERT_TRUE(is_all_settled());
  EXPECT_TRUE(wait_for([&] { return receiver.ids() == ids_; }));  // settled is what the kernel has
  EXPECT_EQ(spool_->outgoing().ever.delivered, 703U);
  EXPECT_TRUE(wait_for([this] { return forwarder_->status().last_delivery.has_value(); }));
  EXPECT_EQ(forwarder_->status().error, "");
  restart();
  use(receiver.port());
  append(1);
  ASSERT_TRUE(is_all_settled());
  EXPECT_TRUE(wait_for([&] { return receiver.ids() == ids_; }));  // settled is what the kernel has
}

TEST_F(ForwarderTest, AReceiverThatIsAwayLosesNothing) {
  LineReceiver receiver;
  receiver.die();
  use(receiver.port());
  append(1200);
  ASSERT_TRUE(wait_for([this] { return forwarder_->status().failing_since.has_value(); }));
  EXPECT_NE(forwarder_->status().error, "");
  EXPECT_EQ(spool_->outgoing().events, 1200U);
  receiver.listen();
  ASSERT_TRUE(is_all_settled());
  EXPECT_TRUE(wait_for([&] { return receiver.ids() == ids_; }));  // settled is what the kernel has
  EXPECT_TRUE(wait_for([this] { return !forwarder_->status().failing_since; }));
}

TEST_F(ForwarderTest, WhatAReceiverThatDiesMidMessageMayLackComesAgainInOrder) {
  LineReceiver receiver;
  receiver.ends_after = 10'000;  // ends each connection after some thirty messages, within one
  use(receiver.port());
  append(400);
  ASSERT_TRUE(wait_for([&] { return receiver.ids().size() > 100; }));
  EXPECT_GT(spool_->outgoing().events, 300U);  // nothing of a broken connection counts
  receiver.ends_after = SIZE_MAX;
  ASSERT_TRUE(is_all_settled());
  EXPECT_TRUE(wait_for([&] { return firsts(receiver.ids()) == ids_; }));
}

TEST_F(ForwarderTest, AnAgentThatIsKilledGoesOnWhereItWas) {
  LineReceiver receiver;
  policy_.settle_ms = 60'000;  // nothing settles
  use(receiver.port());
  append(50);
  ASSERT_TRUE(wait_for([&] { return receiver.ids().size() == 50; }));
  restart();
  policy_.settle_ms = 20;
  use(receiver.port());
  ASSERT_TRUE(is_all_settled());
  EXPECT_TRUE(wait_for([&] { return receiver.ids().size() == 100U; }));  // at least once
  EXPECT_TRUE(wait_for([&] { return firsts(receiver.ids()) == ids_; }));
}

TEST_F(ForwarderTest, WhatWaitsGoesToTheNewReceiver) {
  const UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::listen(silent.get(), 1), 0);  // at a port of the kernel's choice; says nothing, so TLS waits
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  policy_.transport = "tls";
  use(ntohs(address.sin_port));
  append(20);
  LineReceiver receiver;
  policy_.transport = "tcp";
  use(receiver.port());
  append(1);
  ASSERT_TRUE(is_all_settled());
  EXPECT_TRUE(wait_for([&] { return firsts(receiver.ids()) == ids_; }));  // settled is what the kernel has
  policy_.enabled = false;
  use(receiver.port());
  append(1);
  EXPECT_EQ(spool_->outgoing().events, 0U);
  policy_.enabled = true;
  use(receiver.port());
  append(1);
  ASSERT_TRUE(is_all_settled());
  auto expected = ids_;
  expected.erase(expected.end() - 2);  // made while nothing was forwarded
  EXPECT_TRUE(wait_for([&] { return firsts(receiver.ids()) == expected; }));
}

TEST_F(ForwarderTest, OnlyWhatThePolicyWantsIsKept) {
  policy_.floor = "medium";
  policy_.modules = {"integrity", "ips"};
  use(9);
  auto made = events_.make(4, Severity::High);
  const auto change = [&](std::size_t index, const std::function<void(Event&)>& how) {
    Event event = *protocol::from_wire(made[index]);
    how(event);
    protocol::to_wire(event, &made[index]);
  };
  change(0, [](Event& event) { event.severity = Severity::Low; });
  change(1, [](Event& event) { event.module = ModuleKind::Firewall; });
  change(2, [](Event& event) { event.set("event.forward", false); });
  change(3, [](Event& event) { event.set("event.forward", true); });
  ASSERT_TRUE(spool_->append(made));
  const auto kept = spool_->next_outgoing(0, 10, 1 << 20).value();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(id_of(kept[0].event), id_of(made[3]));
}

TEST_F(ForwarderTest, AnEventTooLongForTheReceiverIsRefusedAndHoldsUpNoOther) {
  LineReceiver receiver;
  policy_.max_bytes = 480;
  policy_.format = "json";
  use(receiver.port());
  auto made = events_.make(1);
  Event wide = *protocol::from_wire(made[0]);
  for (int i = 0; i < 50; ++i) wide.set("integer.that.cannot.be.cut." + std::to_string(i), std::int64_t{i});
  protocol::to_wire(wide, made.data());
  ASSERT_TRUE(spool_->append(made));
  append(2);
  ASSERT_TRUE(is_all_settled());
  EXPECT_TRUE(wait_for([&] { return receiver.ids() == ids_; }));  // settled is what the kernel has
  EXPECT_EQ(spool_->outgoing().ever.refused, 1U);
}

TEST_F(ForwarderTest, TheKeeperTellsOfFailureLossAndRecovery) {
  warder::testing::ManualClock clock;
  Reporter reporter(*spool_, clock, log_, [] {});
  ForwarderParts of_keeper = parts();
  ForwardingKeeper keeper(
      {of_keeper.spool, messages_, clock, log_, AgentId{}, TenantId{}, "web-1", of_keeper.credentials}, reporter,
      seconds{30});
  EXPECT_FALSE(keeper.state());
  LineReceiver receiver;
  receiver.die();
  policy_.port = receiver.port();
  keeper.use(policy_);
  EXPECT_EQ(keeper.state()->state(), "on");
  append(1);
  ASSERT_TRUE(wait_for([&] { return !get_string(keeper.describe(), "error").value_or("").empty(); }));
  EXPECT_FALSE(keeper.look());  // not yet
  clock.advance(seconds{31});
  EXPECT_TRUE(keeper.look());
  EXPECT_FALSE(keeper.look());  // told once
  EXPECT_EQ(keeper.state()->state(), "degraded");
  EXPECT_EQ(keeper.state()->reason(), "agent.forwarding.failed");
  EXPECT_EQ(keeper.state()->counters().at("waiting"), 2U);
  receiver.listen();
  ASSERT_TRUE(is_all_settled());
  EXPECT_TRUE(wait_for([&] { return keeper.look(); }));
  EXPECT_EQ(keeper.state()->state(), "on");
  EXPECT_EQ(log_.ids().back(), "agent.forwarding.recovered");
}

}  // namespace
}  // namespace warder::agent
