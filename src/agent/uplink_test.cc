#include "agent/uplink.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "agent/testing.h"
#include "crypto/pki.h"
#include "crypto/tls.h"
#include "host/linux/clock.h"
#include "host/testing/clock.h"
#include "protocol/token.h"

namespace warder::agent {
namespace {

using protocol::Envelope;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// The manager's end, as a test plays it: takes what the agent sends and puts what it shall receive.
class FakeManager {
 public:
  /// What the agent sent next; fails the test after ten seconds.
  Envelope next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, seconds{10}, [this] { return !sent_.empty(); })) {
      ADD_FAILURE() << "the agent sent nothing";
      return {};
    }
    auto message = std::move(sent_.front());
    sent_.pop_front();
    return message;
  }
  void put(const Envelope& message) {
    const std::lock_guard lock(mutex_);
    to_agent_.push_back(protocol::serialize(message));
    changed_.notify_all();
  }
  void put_bytes(std::string bytes) {
    const std::lock_guard lock(mutex_);
    to_agent_.push_back(std::move(bytes));
    changed_.notify_all();
  }
  void drop() {
    const std::lock_guard lock(mutex_);
    is_dropped_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] bool has_sent() {
    const std::lock_guard lock(mutex_);
    return !sent_.empty();
  }

  // The agent's side.
  void begin() {
    const std::lock_guard lock(mutex_);
    sent_.clear();
    to_agent_.clear();
    is_dropped_ = false;
    is_woken_ = false;
  }
  Result<void> take(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    if (is_dropped_) return fail(ErrorCode::Unavailable, "dropped");
    sent_.push_back(*protocol::parse_envelope(as_bytes(bytes)));
    changed_.notify_all();
    return {};
  }
  Result<std::optional<std::string>> give(steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return is_dropped_ || is_woken_ || !to_agent_.empty(); });
    is_woken_ = false;
    if (!to_agent_.empty()) {
      auto message = std::move(to_agent_.front());
      to_agent_.pop_front();
      return message;
    }
    if (is_dropped_) return fail(ErrorCode::Unavailable, "dropped");
    return std::nullopt;
  }
  void wake() {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Envelope> sent_;
  std::deque<std::string> to_agent_;
  bool is_dropped_ = false;
  bool is_woken_ = false;
};

class FakeConnection : public Connection {
 public:
  explicit FakeConnection(FakeManager& manager) : manager_(manager) {}
  Result<void> send(std::string_view message) override { return manager_.take(message); }
  Result<std::optional<std::string>> receive(steady_clock::time_point deadline) override {
    return manager_.give(deadline);
  }
  void wake() override { manager_.wake(); }
  [[nodiscard]] std::optional<crypto::PeerCertificate> peer() const override { return std::nullopt; }

 private:
  FakeManager& manager_;
};

class FakeDialer : public Dialer {
 public:
  explicit FakeDialer(FakeManager& manager) : manager_(manager) {}
  Result<std::unique_ptr<Connection>> dial(const DialTarget& target) override {
    const std::lock_guard lock(mutex_);
    dialled_.push_back(target.manager.text());
    if (failure_) return fail(*failure_);
    manager_.begin();
    return std::make_unique<FakeConnection>(manager_);
  }
  void fail_with(std::optional<Error> failure) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
  }
  [[nodiscard]] std::vector<std::string> dialled() {
    const std::lock_guard lock(mutex_);
    return dialled_;
  }

 private:
  FakeManager& manager_;
  std::mutex mutex_;
  std::optional<Error> failure_;
  std::vector<std::string> dialled_;
};

class Listener : public UplinkListener {
 public:
  void on_connected(const protocol::HelloAck& /*ack*/) override { note("connected"); }
  void on_policy(protocol::PolicyPush policy) override { note("policy " + policy.digest()); }
  void on_command(protocol::Command command) override { note("command " + command.name()); }
  void on_renewed(Timestamp /*expires*/) override { note("renewed"); }
  void on_state_change() override {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  bool wait_for(const std::string& what) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds{10}, [&] { return std::ranges::find(heard_, what) != heard_.end(); });
  }
  bool wait_until(const std::function<bool()>& done) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds{10}, [&] {
      lock.unlock();
      const bool is_done = done();
      lock.lock();
      return is_done;
    });
  }

 private:
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::move(what));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> heard_;
};

class UplinkTest : public ::testing::Test {
 protected:
  UplinkTest() {
    identity_ = make_identity(hours{-24}, hours{240});
    spool_ = std::move(*Spool::open(directory_.path() / "spool.db", {}));
  }
  ~UplinkTest() override { uplink_.reset(); }

  Identity make_identity(hours begins, hours ends) {
    Identity identity;
    identity.agent = AgentId{UuidGenerator(&fill_random).next(clock_.now())};
    const auto key = crypto::KeyPair::generate();
    identity.private_key_pem = key.private_pem;
    identity.ca_pem = authority_.certificate_pem();
    identity.certificate_pem = *authority_.issue(key, spec(identity, begins, ends));
    return identity;
  }
  crypto::CertificateSpec spec(const Identity& identity, hours begins, hours ends) const {
    crypto::CertificateSpec out;
    out.common_name = "agent";
    out.uris = {protocol::agent_uri(identity.tenant, identity.agent)};
    out.not_before = clock_.now() + begins;
    out.not_after = clock_.now() + ends;
    return out;
  }
  void start(std::vector<std::string> managers = {"https://manager:8444"}) {
    UplinkOptions options;
    options.managers = std::move(managers);
    options.identity_directory = directory_.path();
    options.reconnect_first = milliseconds{1};
    options.reconnect_longest = milliseconds{5};
    options.answer_patience = patience_;
    options.dice = [](std::uint64_t) { return 0; };
    uplink_ = std::make_unique<Uplink>(std::move(options), identity_,
                                       UplinkParts{*spool_, dialer_, listener_, nullptr, clock_, log_});
    uplink_->start();
  }
  void append(int count) {
    std::vector<protocol::Event> events(static_cast<std::size_t>(count));
    ASSERT_TRUE(spool_->append(events));
    if (uplink_) uplink_->wake();
  }
  /// Takes the hello and answers it.
  protocol::Hello greet(std::uint64_t acknowledged = 0) {
    const auto hello = manager_.next();
    EXPECT_TRUE(hello.has_hello());
    Envelope answer;
    auto& ack = *answer.mutable_hello_ack();
    ack.set_protocol_major(protocol::kMajor);
    ack.add_capabilities("events.v1");
    ack.add_capabilities("renew.v1");
    ack.set_heartbeat_s(30);
    ack.set_manager_time_us(to_micros(clock_.now()) + 3'600'000'000);
    ack.set_acknowledged(acknowledged);
    manager_.put(answer);
    return hello.hello();
  }
  void acknowledge(const protocol::EventBatch& batch, std::uint64_t sequence) {
    Envelope answer;
    answer.mutable_ack()->set_spool_epoch(batch.spool_epoch());
    answer.mutable_ack()->set_sequence(sequence);
    manager_.put(answer);
  }
  bool wait_for_state(std::string_view state) {
    return listener_.wait_until([&] { return uplink_->status().state() == state; });
  }
  bool wait_for_spool(const std::function<bool(const SpoolStatus&)>& done) {
    const auto until = steady_clock::now() + seconds{10};
    while (!done(spool_->status())) {
      if (steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  testing::Directory directory_;
  host::SystemClock clock_;
  testing::QuietLog log_;
  crypto::CertificateAuthority authority_ =
      *crypto::CertificateAuthority::create("CA", clock_.now() - hours{1000}, clock_.now() + hours{10'000});
  Identity identity_;
  std::unique_ptr<Spool> spool_;
  FakeManager manager_;
  FakeDialer dialer_{manager_};
  Listener listener_;
  milliseconds patience_{10'000};
  std::unique_ptr<Uplink> uplink_;
};

TEST_F(UplinkTest, SaysHelloAndSendsWhatTheSpoolHolds) {
  append(3);
  start();
  const auto hello = greet();
  EXPECT_EQ(hello.spool_last(), 3U);
  EXPECT_EQ(as_bytes(hello.spool_epoch()).size(), 16U);
  const auto batch = manager_.next();
  ASSERT_EQ(batch.events().events_size(), 3);
  acknowledge(batch.events(), 3);
  EXPECT_TRUE(wait_for_spool([](const SpoolStatus& spool) { return spool.events == 0; }));
  EXPECT_EQ(uplink_->status().state(), "connected");
  EXPECT_NEAR(static_cast<double>(*uplink_->status().clock_offset_ms), 3'600'000, 60'000);
}

TEST_F(UplinkTest, SendsNewEventsAsTheyCome) {
  start();
  greet();
  ASSERT_TRUE(listener_.wait_for("connected"));
  append(1);
  const auto first = manager_.next();
  append(2);
  EXPECT_FALSE(manager_.has_sent()) << "one batch at a time";
  acknowledge(first.events(), 1);
  const auto second = manager_.next();
  ASSERT_EQ(second.events().events_size(), 2);
  EXPECT_EQ(second.events().events(0).sequence(), 2U);
}

TEST_F(UplinkTest, SendsAgainWhatWasNotAcknowledged) {
  append(2);
  start();
  greet();
  EXPECT_EQ(manager_.next().events().events_size(), 2);
  manager_.drop();
  greet(1);  // the manager had stored the first before the acknowledgement was lost
  const auto again = manager_.next();
  ASSERT_EQ(again.events().events_size(), 1);
  EXPECT_EQ(again.events().events(0).sequence(), 2U);
  acknowledge(again.events(), 2);
  acknowledge(again.events(), 2);  // a repeated acknowledgement does no harm
  EXPECT_TRUE(wait_for_spool([](const SpoolStatus& spool) { return spool.acknowledged == 2; }));
}

TEST_F(UplinkTest, GivesUpAStreamThatDoesNotAcknowledge) {
  patience_ = milliseconds{50};
  append(1);
  start();
  greet();
  EXPECT_EQ(manager_.next().events().events_size(), 1);
  EXPECT_TRUE(wait_for_state("unreachable"));
  EXPECT_EQ(spool_->status().events, 1U);
}

TEST_F(UplinkTest, BeginsANewEpochWhenTheManagerKnowsMore) {
  append(2);
  start();
  const auto hello = greet(7);  // the spool file was put back to an earlier state
  const auto again = greet(0);
  EXPECT_NE(again.spool_epoch(), hello.spool_epoch());
  EXPECT_EQ(manager_.next().events().events_size(), 2);
}

TEST_F(UplinkTest, DropsPoisonAndGoesOn) {
  append(3);
  start();
  greet();
  const auto batch = manager_.next();
  Envelope answer;
  answer.mutable_ack()->set_spool_epoch(batch.events().spool_epoch());
  answer.mutable_ack()->add_poison(2);
  manager_.put(answer);
  const auto again = manager_.next();
  ASSERT_EQ(again.events().events_size(), 2);
  EXPECT_EQ(again.events().events(1).sequence(), 3U);
}

TEST_F(UplinkTest, IgnoresForeignAcknowledgements) {
  append(1);
  start();
  greet();
  auto batch = manager_.next();
  batch.mutable_events()->set_spool_epoch(std::string(16, 'x'));
  acknowledge(batch.events(), 1);
  Envelope push;
  push.mutable_policy()->set_digest("after");
  manager_.put(push);
  EXPECT_TRUE(listener_.wait_for("policy after"));
  EXPECT_EQ(spool_->status().events, 1U);
}

TEST_F(UplinkTest, EndsAStreamOfNonsenseAndConnectsAgain) {
  start();
  greet();
  ASSERT_TRUE(listener_.wait_for("connected"));
  manager_.put_bytes("\xff\xff\xff nonsense");
  greet();
  EXPECT_TRUE(listener_.wait_until([&] { return uplink_->status().connects == 2; }));
}

TEST_F(UplinkTest, HandsOnPoliciesAndCommands) {
  start();
  greet();
  Envelope message;
  message.mutable_policy()->set_digest("d1");
  manager_.put(message);
  message.mutable_command()->set_name("rescan");
  manager_.put(message);
  EXPECT_TRUE(listener_.wait_for("policy d1"));
  EXPECT_TRUE(listener_.wait_for("command rescan"));
}

TEST_F(UplinkTest, KeepsResultsUntilThereIsAStreamButNoHeartbeats) {
  dialer_.fail_with(Error{ErrorCode::Unavailable, "no route"});
  start();
  ASSERT_TRUE(wait_for_state("unreachable"));
  Envelope heartbeat;
  heartbeat.mutable_heartbeat();
  uplink_->send(heartbeat);
  Envelope result;
  result.mutable_policy_result()->set_digest("d");
  uplink_->send(result);
  dialer_.fail_with(std::nullopt);
  greet();
  EXPECT_EQ(manager_.next().policy_result().digest(), "d");
}

TEST_F(UplinkTest, TriesTheNextManager) {
  dialer_.fail_with(Error{ErrorCode::Unavailable, "no route"});
  start({"https://one", "https://two:9"});
  ASSERT_TRUE(listener_.wait_until([&] { return dialer_.dialled().size() >= 3; }));
  const auto dialled = dialer_.dialled();
  EXPECT_EQ(dialled[0], "one:8444");
  EXPECT_EQ(dialled[1], "two:9");
  EXPECT_EQ(dialled[2], "one:8444");
}

TEST_F(UplinkTest, NamesWhyThereIsNoStream) {
  struct Case {
    std::string name;
    Error error;
    std::string state;
  };
  const std::vector<Case> cases = {
      {"no route", {ErrorCode::Unavailable, "connect: refused"}, "unreachable"},
      {"another manager",
       {ErrorCode::Unauthenticated, "TLS: unable to get local issuer certificate"},
       "manager-unknown"},
      {"our clock is behind", {ErrorCode::Unauthenticated, "TLS: certificate is not yet valid"}, "certificate-time"},
      {"the manager says expired", {ErrorCode::Unavailable, "sslv3 alert certificate expired"}, "certificate-expired"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    uplink_.reset();
    dialer_.fail_with(c.error);
    start();
    EXPECT_TRUE(wait_for_state(c.state)) << uplink_->status().state();
  }
}

TEST_F(UplinkTest, SaysThatItsOwnCertificateHasExpired) {
  identity_ = make_identity(hours{-100}, hours{-1});
  dialer_.fail_with(Error{ErrorCode::Unavailable, "whatever"});
  start();
  EXPECT_TRUE(wait_for_state("certificate-expired"));
}

TEST_F(UplinkTest, IsRefusedInWords) {
  start();
  ASSERT_TRUE(manager_.next().has_hello());
  Envelope answer;
  answer.mutable_hello_ack()->set_refused("this agent was removed");
  manager_.put(answer);
  EXPECT_TRUE(wait_for_state("refused"));
  EXPECT_NE(uplink_->status().error.find("this agent was removed"), std::string::npos);
}

class RenewalTest : public UplinkTest {
 protected:
  RenewalTest() {
    identity_ = make_identity(hours{-100}, hours{10});  // past two thirds of its life
    EXPECT_TRUE(save_identity(directory_.path(), identity_));
  }
  Bytes request() {
    start();
    greet();
    const auto asked = manager_.next();
    EXPECT_TRUE(asked.has_certificate_request());
    const auto csr = as_bytes(asked.certificate_request().csr_der());
    return {csr.begin(), csr.end()};
  }
  void issue(const std::string& pem) {
    Envelope answer;
    answer.mutable_certificate_issued()->set_certificate_pem(pem);
    manager_.put(answer);
  }
};

TEST_F(RenewalTest, TakesANewCertificateAndConnectsWithIt) {
  const auto csr = request();
  issue(*authority_.issue(csr, spec(identity_, hours{0}, hours{720})));
  EXPECT_TRUE(listener_.wait_for("renewed"));
  greet();
  EXPECT_TRUE(listener_.wait_until([&] { return uplink_->status().connects == 2; }));
  EXPECT_NE(uplink_->identity().certificate_pem, identity_.certificate_pem);
  const auto stored = load_identity(directory_.path());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->certificate_pem, uplink_->identity().certificate_pem);
  EXPECT_EQ(stored->private_key_pem, uplink_->identity().private_key_pem);
}

TEST_F(RenewalTest, RefusesACertificateThatIsNotItsOwn) {
  const auto csr = request();
  const Identity other = make_identity(hours{0}, hours{1});
  issue(*authority_.issue(csr, spec(other, hours{0}, hours{720})));  // another agent's name
  Envelope push;
  push.mutable_policy()->set_digest("after");
  manager_.put(push);
  ASSERT_TRUE(listener_.wait_for("policy after"));
  EXPECT_EQ(uplink_->identity().certificate_pem, identity_.certificate_pem);
  EXPECT_EQ(load_identity(directory_.path())->certificate_pem, identity_.certificate_pem);
}

}  // namespace
}  // namespace warder::agent
