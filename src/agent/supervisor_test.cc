// The supervisor with a real worker process, without a manager.
#include "agent/supervisor.h"

#include <gtest/gtest.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "agent/testing.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/pki.h"
#include "host/linux/clock.h"
#include "protocol/token.h"

namespace warder::agent {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class NoManager : public Dialer {
 public:
  Result<std::unique_ptr<Connection>> dial(const DialTarget& /*target*/) override {
    return fail(ErrorCode::Unavailable, "there is no manager");
  }
};

class SupervisorTest : public ::testing::Test {
 protected:
  SupervisorTest() {
    config_.state_directory = (directory_.path() / "state").string();
    config_.runtime_directory = (directory_.path() / "run").string();
    config_.reconnect_max_s = 1;
    std::filesystem::create_directories(config_.state());
  }
  ~SupervisorTest() override { stop(); }

  void keep_policy(const std::string& document) {
    ASSERT_TRUE(
        save_policy(config_.policy_file(), {to_hex(crypto::sha256(as_bytes(document))), "id", "Base", document}));
  }
  void enrol() {
    Identity identity;
    identity.agent = agent_;
    identity.managers = {"https://nowhere"};
    const auto authority =
        *crypto::CertificateAuthority::create("CA", clock_.now() - hours{1}, clock_.now() + hours{99});
    const auto key = crypto::KeyPair::generate();
    crypto::CertificateSpec spec;
    spec.common_name = "agent";
    spec.not_before = clock_.now() - hours{1};
    spec.not_after = clock_.now() + hours{9};
    identity.private_key_pem = key.private_pem;
    identity.certificate_pem = *authority.issue(key, spec);
    identity.ca_pem = authority.certificate_pem();
    identity.maintenance = maintenance_.public_key();
    ASSERT_TRUE(save_identity(config_.identity_directory(), identity));
  }
  [[nodiscard]] std::string token() const {
    return protocol::make_maintenance_token({TokenId{}, agent_, TenantId{}, clock_.now(), clock_.now() + hours{1}},
                                            maintenance_);
  }
  void start(int signal_fd = -1) {
    thread_ = std::thread([this, signal_fd] {
      SupervisorOptions options;
      options.config = config_;
      options.worker_command = testing::probe_command(directory_.path());
      options.modules = std::span(&module_, 1);
      options.signal_fd = signal_fd;
      options.guard_period = milliseconds{20};
      options.module_host.restart_first = milliseconds{5};
      auto supervisor = Supervisor::create(std::move(options), dialer_, clock_, log_);
      ASSERT_TRUE(supervisor) << supervisor.error().message;
      const auto done = (*supervisor)->run();
      EXPECT_TRUE(done) << done.error().message;
    });
    EXPECT_TRUE(wait_for([&] { return ask("status").has_value(); }));
  }
  void stop() {
    if (!thread_.joinable()) return;
    const auto stopped = ask("stop", token());
    EXPECT_TRUE(stopped) << stopped.error().message;
    thread_.join();
  }
  Result<json::object> ask(const std::string& command, const std::string& token = "") {
    return ask_agent(config_.control_socket(), {{"command", command}, {"token", token}}, seconds{10});
  }
  std::string status_text() {
    const auto status = ask("status");
    return status ? json::serialize(*status) : status.error().message;
  }
  static bool wait_for(const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + seconds{10};
    while (!done()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool says(const std::string& words) {
    return wait_for([&] { return status_text().find(words) != std::string::npos; });
  }
  bool has_logged(const std::string& id) {
    return wait_for([&] { return std::ranges::count(log_.ids(), id) > 0; });
  }
  /// The types in the spool, after the supervisor ended.
  std::vector<std::string> stored() {
    stop();
    const auto spool = Spool::open(config_.spool_file(), {});
    std::vector<std::string> types;
    const auto batch = *(*spool)->next_batch(1000, 1 << 20);
    for (const auto& event : batch.events()) types.push_back(event.event().type());
    return types;
  }

  testing::Directory directory_;
  host::SystemClock clock_;
  testing::QuietLog log_;
  NoManager dialer_;
  Config config_;
  ModuleDescription module_ = testing::probe_module();
  AgentId agent_{UuidGenerator(&fill_random).next(clock_.now())};
  crypto::SigningKey maintenance_ = crypto::SigningKey::generate();
  std::thread thread_;
};

TEST_F(SupervisorTest, ProtectsFromTheLastPolicyWithoutAManager) {
  keep_policy(R"({"probe":{"emit":3}})");
  start();
  EXPECT_TRUE(says(R"("module":"probe","state":"on")"));
  EXPECT_TRUE(says(R"("state":"on","reason":"","error":"","events":4)"));
  EXPECT_EQ(stored(), (std::vector<std::string>{"agent.started", "agent.started", "agent.started", "agent.started",
                                                "agent.stopped"}));
  EXPECT_FALSE(std::filesystem::exists(config_.running_file()));
}

TEST_F(SupervisorTest, ReportsAKilledWorkerAndGoesOn) {
  keep_policy("{}");
  start();
  ASSERT_TRUE(says(R"("module":"probe","state":"on")"));
  const auto status = *ask("status");
  ::kill(static_cast<pid_t>(status.at("modules").at(0).at("pid").as_int64()), SIGKILL);
  EXPECT_TRUE(has_logged("agent.tamper.kill"));
  EXPECT_TRUE(says(R"("restarts":1)"));
  EXPECT_TRUE(says(R"("module":"probe","state":"on")"));
}

TEST_F(SupervisorTest, ReportsThatItWasKilledBefore) {
  ASSERT_TRUE(begin_run(config_.running_file(), {read_boot_id(), 1}));
  start();
  EXPECT_EQ(stored().front(), "agent.tamper.kill");
}

TEST_F(SupervisorTest, StopsOnlyWithAMaintenanceToken) {
  enrol();
  keep_policy(R"({"agent":{"self_protection":true}})");
  start();
  EXPECT_EQ(ask("stop").error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(ask("stop", "wdm1_forged").has_value(), false);
  EXPECT_EQ(ask("uninstall").error().code, ErrorCode::Unauthenticated);
  const auto types = stored();  // stops with a token
  EXPECT_EQ(std::ranges::count(types, "agent.tamper.stop"), 2);
  EXPECT_EQ(std::ranges::count(types, "agent.tamper.uninstall"), 1);
  EXPECT_EQ(types.back(), "agent.stopped");
}

TEST_F(SupervisorTest, StopsWithoutATokenWhenThePolicySaysSo) {
  enrol();
  keep_policy(R"({"agent":{"self_protection":false}})");
  start();
  EXPECT_TRUE(ask("stop"));
  thread_.join();
}

class SupervisorSignalTest : public SupervisorTest {
 protected:
  SupervisorSignalTest() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signals_ = UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  UniqueFd signals_;
};

TEST_F(SupervisorSignalTest, RefusesASignalWhileItProtectsItself) {
  enrol();
  keep_policy(R"({"agent":{"self_protection":true}})");
  start(signals_.get());
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(has_logged("agent.tamper.stop"));
  EXPECT_TRUE(ask("status"));
}

TEST_F(SupervisorSignalTest, StopsOnASignalOtherwise) {
  start(signals_.get());
  ::kill(::getpid(), SIGTERM);
  thread_.join();
  EXPECT_TRUE(has_logged("agent.stopped"));
}

TEST_F(SupervisorTest, MovesADamagedSpoolAsideAndSaysSo) {
  ASSERT_TRUE(write_file_atomically(config_.spool_file(), std::string(8192, 'z')));
  start();
  EXPECT_EQ(std::ranges::count(stored(), "agent.spool.corrupt"), 1);
}

TEST_F(SupervisorTest, TestsItself) {
  keep_policy("{}");
  start();
  ASSERT_TRUE(says(R"("module":"probe","state":"on")"));
  const auto result = ask("self-test");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_FALSE(result->at("succeeded").as_bool()) << "there is no manager";
  const auto text = json::serialize(*result);
  EXPECT_NE(text.find(R"({"check":"spool","succeeded":true)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"({"check":"uplink","succeeded":false)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"({"check":"probe","succeeded":true)"), std::string::npos) << text;
}

TEST_F(SupervisorTest, NamesAPolicyFileItCannotRead) {
  ASSERT_TRUE(write_file_atomically(config_.policy_file(), "{"));
  start();
  EXPECT_TRUE(has_logged("agent.policy.refused"));
}

}  // namespace
}  // namespace warder::agent
