// Thousands of simulated agents, each with its own certificate, against a real warder-manager process: what a
// connection costs in memory, what connecting and heartbeats cost in CPU, how long a policy takes to reach all, and
// what happens when all of them come back at once.
//
//   bench_connections [AGENTS]      default 5000; WARDER_BIN names the folder of warder-manager
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <mutex>
#include <queue>
#include <random>
#include <thread>

#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "base/random.h"
#include "base/text.h"
#include "manager/gateway/testing.h"
#include "manager/installation.h"
#include "protocol/protocol.h"

namespace {

using namespace warder;           // NOLINT(google-build-using-namespace): the program itself
using namespace warder::manager;  // NOLINT(google-build-using-namespace)
using Clock = std::chrono::steady_clock;
using testing::WireClient;

constexpr std::size_t kThreads = 32;
constexpr std::size_t kEventsPerBatch = 10;
constexpr std::string_view kPassword = "Bench-password-1";

template <class T>
T must(Result<T> result, std::string_view what) {
  if (!result) {
    std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(what.size()), what.data(), result.error().message.c_str());
    std::_Exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void print_row(const std::string& figure, const std::string& value, const std::string& limit, double ratio) {
  if (limit.empty())
    std::printf("| %s | %s | – | – |\n", figure.c_str(), value.c_str());
  else
    std::printf("| %s | %s | %s | %.2f |\n", figure.c_str(), value.c_str(), limit.c_str(), ratio);
  std::fflush(stdout);
}

/// The manager's process, seen from outside.
class ManagerProcess {
 public:
  ManagerProcess(const std::string& program, const std::string& config, const std::string& log) {
    std::string command = "exec '" + program + "' run --config '" + config + "' >'" + log + "' 2>&1";
    std::string shell = "/bin/sh";
    std::string flag = "-c";
    char* const arguments[] = {shell.data(), flag.data(), command.data(), nullptr};
    if (::posix_spawn(&pid_, "/bin/sh", nullptr, nullptr, arguments, environ) != 0) std::_Exit(1);
  }
  ~ManagerProcess() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  ManagerProcess(const ManagerProcess&) = delete;
  ManagerProcess& operator=(const ManagerProcess&) = delete;

  [[nodiscard]] double resident_kb() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr);
    return 0;
  }
  [[nodiscard]] double cpu_s() const {
    std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
    std::string text{std::istreambuf_iterator<char>(stat), {}};
    const auto fields = split(std::string_view{text}.substr(text.rfind(')') + 2), ' ');
    const auto ticks = [&](std::size_t i) { return parse_integer<std::int64_t>(fields.at(i)).value_or(0); };
    return static_cast<double>(ticks(11) + ticks(12)) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

 private:
  pid_t pid_ = 0;
};

struct SimulatedAgent {
  std::shared_ptr<const crypto::TlsClientContext> tls;
  std::mutex mutex;  // guards all below
  std::unique_ptr<WireClient> client;
  std::deque<protocol::Envelope> inbox;
  std::string policy_digest;
  std::uint64_t sequence = 0;
  std::uint64_t acknowledged = 0;
};

class Bench {
 public:
  explicit Bench(std::size_t count) : agents_(count), folder_(make_folder()) {}
  ~Bench() {
    stop_ = true;
    if (keeper_.joinable()) keeper_.join();
    for (auto& agent : agents_) agent.client.reset();
    manager_.reset();
    std::filesystem::remove_all(folder_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void run() {
    prepare();
    connect_all();
    heartbeats();
    push_policy();
    storm();
  }

 private:
  static std::filesystem::path make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "warder-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::_Exit(1);
    return name;
  }
  static std::uint16_t free_port() {
    const UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd.get(), any, size) != 0 || ::getsockname(fd.get(), any, &size) != 0) std::_Exit(1);
    return ntohs(address.sin_port);
  }

  void for_all(const std::function<void(SimulatedAgent&)>& work, std::size_t thread_count = kThreads) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < thread_count; ++i)
      threads.emplace_back([&] {
        for (std::size_t at = next++; at < agents_.size(); at = next++) work(agents_[at]);
      });
  }

  // Agents are enrolled by the library itself: the rate limit of POST /enrol is not what is measured here.
  void prepare() {
    const char* bin = std::getenv("WARDER_BIN");
    program_ =
        (bin != nullptr ? std::filesystem::path{bin} : std::filesystem::read_symlink("/proc/self/exe").parent_path()) /
        "warder-manager";
    api_port_ = free_port();
    gateway_port_ = free_port();
    metrics_port_ = free_port();
    config_file_ = folder_ / "manager.toml";
    const auto local = [](std::uint16_t port) { return "\"127.0.0.1:" + std::to_string(port) + "\"\n"; };
    must(
        write_file_atomically(
            config_file_, "data_directory = \"" + (folder_ / "data").string() + "\"\napi_listen = " + local(api_port_) +
                              "gateway_listen = " + local(gateway_port_) + "metrics_listen = " + local(metrics_port_) +
                              "share_directory = \"" WARDER_SOURCE_DIR "/content\"\ntrust_check_s = 0\n"),
        "configuration");
    const auto made =
        must(run_process({program_.string(), "init", "--json", "--config", config_file_.string()}), "init");
    if (made.exit_code != 0) must(Result<void>{fail(ErrorCode::Internal, made.err)}, "init");
    const json::value answer = must(parse_json(made.out), "init");
    password_ = answer.at("password").as_string();
    enrol_all();
    manager_.emplace(program_.string(), config_file_.string(), (folder_ / "manager.log").string());
    log_in();
  }

  void enrol_all() {
    const Config config = must(load_config(config_file_), "configuration");
    const auto installation = must(Installation::open(config), "data directory");
    const TenantScope scope = must(installation->first_tenant("job:bench"), "tenant");
    EnrolTokenDraft draft;
    draft.name = "bench";
    draft.uses = static_cast<std::int64_t>(agents_.size());
    const std::string token = must(installation->enrolment.create(scope, draft), "token").token;
    ca_pem_ = installation->authority.certificate_authority().certificate_pem();
    for_all(
        [&](SimulatedAgent& agent) {
          const crypto::KeyPair key = crypto::KeyPair::generate();
          crypto::TlsClientOptions options;
          options.ca_pem = ca_pem_;
          options.private_key_pem = key.private_pem;
          options.certificate_chain_pem =
              must(installation->enrolment.enrol(scope, {token, must(crypto::make_csr(key), "csr"), "bench"}), "enrol")
                  .certificate_pem;
          options.tls13_only = true;
          agent.tls = must(crypto::TlsClientContext::create(options), "client context");
        },
        2);
  }

  std::unique_ptr<WireClient> api() {
    crypto::TlsClientOptions options;
    options.ca_pem = ca_pem_;
    const auto tls = must(crypto::TlsClientContext::create(options), "client context");
    for (int i = 0; i < 300; ++i) {
      if (auto client = WireClient::connect(api_port_, tls)) return std::move(*client);
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    must(Result<void>{fail(ErrorCode::Timeout, must(read_file(folder_ / "manager.log"), "log"))}, "manager");
    return {};
  }
  json::value call(std::string_view method, const std::string& path, const json::value& body,
                   const std::string& headers = {}) {
    const auto answer = must(
        api()->request(method, "/api/v1" + path, body.is_null() ? "" : canonical_json(body), authorization_ + headers),
        path);
    if (answer.status >= 300) must(Result<void>{fail(ErrorCode::Internal, answer.body)}, path);
    return answer.body.empty() ? json::value{} : must(parse_json(answer.body, 16 << 20), path);
  }
  void log_in() {
    const auto token = [this](std::string_view password) {
      authorization_.clear();
      const json::value answer = call("POST", "/tokens", json::object{{"username", "admin"}, {"password", password}});
      authorization_ = "authorization: Bearer " + std::string{answer.at("token").as_string()} + "\r\n";
    };
    token(password_);
    call("PUT", "/session/password", json::object{{"current", password_}, {"new", kPassword}});
    token(kPassword);
  }

  /// False when the manager sends it away for now.
  bool connect(SimulatedAgent& agent) {
    const std::scoped_lock lock(agent.mutex);
    auto client = WireClient::connect(gateway_port_, agent.tls);
    if (!client || !(*client)->upgrade("/agent")) return false;
    if ((*client)->is_resumed()) ++resumed_;
    protocol::Envelope envelope;
    protocol::Hello& hello = *envelope.mutable_hello();
    hello.set_protocol_major(protocol::kMajor);
    hello.set_protocol_minor(protocol::kMinor);
    for (const std::string_view capability : protocol::kCapabilities) hello.add_capabilities(std::string{capability});
    hello.set_hostname("bench");
    hello.set_machine_id("m");
    hello.set_policy_digest(agent.policy_digest);
    hello.set_spool_epoch(std::string(16, 'b'));
    if (!(*client)->send(envelope)) return false;
    const auto answer = (*client)->next();
    if (!answer || !answer->has_hello_ack() || !answer->hello_ack().refused().empty()) return false;
    agent.acknowledged = std::max(agent.acknowledged, answer->hello_ack().acknowledged());
    agent.client = std::move(*client);
    return true;
  }

  /// The next message of a kind, up to a minute; others are dropped.
  template <class Wanted>
  static std::optional<protocol::Envelope> wait_for(SimulatedAgent& agent, const Wanted& is_wanted) {
    const std::scoped_lock lock(agent.mutex);
    const auto deadline = Clock::now() + std::chrono::minutes{1};
    while (Clock::now() < deadline) {
      if (agent.inbox.empty()) {
        auto message =
            agent.client ? agent.client->next() : Result<protocol::Envelope>{fail(ErrorCode::Unavailable, "")};
        if (!message && message.error().code != ErrorCode::Timeout) return std::nullopt;
        if (message) agent.inbox.push_back(std::move(*message));
        continue;
      }
      protocol::Envelope message = std::move(agent.inbox.front());
      agent.inbox.pop_front();
      if (message.has_policy()) agent.policy_digest = message.policy().digest();
      if (is_wanted(message)) return message;
    }
    return std::nullopt;
  }

  // Answers the manager's pings while an agent has nothing to do.
  void keep_alive() {
    while (!stop_) {
      std::this_thread::sleep_for(std::chrono::seconds{5});
      for (SimulatedAgent& agent : agents_) {
        const std::unique_lock lock(agent.mutex, std::try_to_lock);
        if (!lock || !agent.client) continue;
        const auto message = agent.client->receive(std::chrono::milliseconds{0});
        if (!message || !*message) continue;
        if (auto envelope = protocol::parse_envelope(as_bytes(**message))) agent.inbox.push_back(std::move(*envelope));
      }
    }
  }

  void connect_all() {
    call("GET", "/agents/summary", nullptr);
    const double rss = manager_->resident_kb();
    const double cpu = manager_->cpu_s();
    const auto start = Clock::now();
    keeper_ = std::jthread([this] { keep_alive(); });
    std::atomic<std::size_t> failed = 0;
    for_all([&](SimulatedAgent& agent) {
      for (int tries = 0; tries < 100; ++tries) {
        if (connect(agent)) {
          if (!wait_for(agent, [](const auto& message) { return message.has_policy(); })) ++failed;
          return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
      }
      ++failed;
    });
    const double taken = seconds_since(start);
    const auto count = static_cast<double>(agents_.size());
    if (failed > 0) must(Result<void>{fail(ErrorCode::Internal, std::to_string(failed) + " agents failed")}, "connect");
    print_row("agents connected", std::to_string(agents_.size()) + " in " + fmt::format("{:.1f} s", taken), "", 0);
    const double connect_ms = (manager_->cpu_s() - cpu) / count * 1000;
    print_row("manager CPU per connect (full mTLS handshake, hello, policy)", fmt::format("{:.2f} ms", connect_ms), "",
              0);
    const double kb = (manager_->resident_kb() - rss) / count;
    print_row("manager memory per connected agent", fmt::format("{:.1f} KB", kb), "40 KB", kb / 40);
  }

  void heartbeats() {
    constexpr int kRounds = 4;
    const double cpu = manager_->cpu_s();
    for (int round = 0; round < kRounds; ++round) {
      for_all([](SimulatedAgent& agent) {
        {
          const std::scoped_lock lock(agent.mutex);
          protocol::Envelope envelope;
          const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
          envelope.mutable_heartbeat()->set_agent_time_us(to_micros(now));
          protocol::ModuleState& module = *envelope.mutable_heartbeat()->add_modules();
          module.set_module("integrity");
          module.set_state("on");
          must(agent.client->send(envelope), "heartbeat");
        }
        if (!wait_for(agent, [](const auto& message) { return message.has_heartbeat_ack(); }))
          must(Result<void>{fail(ErrorCode::Timeout, "no answer")}, "heartbeat");
      });
    }
    const double each_us = (manager_->cpu_s() - cpu) / kRounds / static_cast<double>(agents_.size()) * 1e6;
    print_row("manager CPU per heartbeat, its writing included", fmt::format("{:.0f} µs", each_us), "", 0);
  }

  void push_policy() {
    std::string id;
    std::string etag;
    const json::value page = call("GET", "/policies", nullptr);
    for (const json::value& policy : page.at("items").as_array()) {
      if (!policy.at("parent_id").is_null()) continue;
      id = policy.at("id").as_string();
      etag = policy.at("etag").as_string();
    }
    const auto start = Clock::now();
    call("PATCH", "/policies/" + id, json::object{{"document", {{"agent", {{"heartbeat_s", 60}}}}}},
         "if-match: " + etag + "\r\n");
    const std::string wanted =
        std::string{call("GET", "/policies/" + id + "/effective", nullptr).at("digest").as_string()};
    std::atomic<std::size_t> missing = 0;
    for_all([&](SimulatedAgent& agent) {
      const bool is_there = wait_for(agent, [&](const auto& message) {
                              return message.has_policy() && message.policy().digest() == wanted;
                            }).has_value();
      if (!is_there) ++missing;
    });
    const double taken = seconds_since(start);
    print_row("policy change to the last of all agents", fmt::format("{:.2f} s", taken), "1 s", taken);
    print_row("agents without the new policy", std::to_string(missing), "", 0);
  }

  void send_batch(SimulatedAgent& agent, UuidGenerator& ids) {
    protocol::Envelope envelope;
    {
      const std::scoped_lock lock(agent.mutex);
      if (agent.acknowledged == agent.sequence) agent.sequence += kEventsPerBatch;
      envelope.mutable_events()->set_spool_epoch(std::string(16, 'b'));
      for (std::uint64_t sequence = agent.acknowledged + 1; sequence <= agent.sequence; ++sequence) {
        Event event;
        event.time = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
        event.id = EventId{ids.next(event.time)};
        event.module = ModuleKind::Integrity;
        event.type = "integrity.file.updated";
        event.set("file.path", std::string{"/etc/passwd"});
        protocol::SequencedEvent& item = *envelope.mutable_events()->add_events();
        item.set_sequence(sequence);
        protocol::to_wire(event, item.mutable_event());
      }
      if (!agent.client->send(envelope)) return;
    }
    const auto ack = wait_for(agent, [](const auto& message) { return message.has_ack(); });
    const std::scoped_lock lock(agent.mutex);
    if (ack) agent.acknowledged = std::max(agent.acknowledged, ack->ack().sequence());
  }

  // All connections break at once; each agent comes back with full-jitter back-off and sends what it has.
  void storm() {
    constexpr double kFirstPause = 2;
    constexpr double kLongestPause = 60;
    for (SimulatedAgent& agent : agents_) {
      const std::scoped_lock lock(agent.mutex);
      agent.client.reset();
      agent.inbox.clear();
    }
    resumed_ = 0;
    const double cpu = manager_->cpu_s();
    const auto start = Clock::now();
    struct Attempt {
      Clock::time_point due;
      SimulatedAgent* agent;
      double pause;
      bool operator<(const Attempt& other) const { return due > other.due; }
    };
    std::mutex mutex;
    std::priority_queue<Attempt> queue;
    std::mt19937 random{1};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
    const auto later = [&](double pause) {
      const double wait = std::uniform_real_distribution<double>{0, pause}(random);
      return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{wait});
    };
    for (SimulatedAgent& agent : agents_) queue.push({later(kFirstPause), &agent, kFirstPause});
    std::atomic<std::size_t> waiting = agents_.size();
    std::atomic<std::size_t> attempts = 0;
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < kThreads; ++i)
        threads.emplace_back([&] {
          UuidGenerator ids{fill_random};
          while (waiting > 0) {
            Attempt attempt{};
            {
              const std::scoped_lock lock(mutex);
              if (!queue.empty() && queue.top().due <= Clock::now()) {
                attempt = queue.top();
                queue.pop();
              }
            }
            if (attempt.agent == nullptr) {
              std::this_thread::sleep_for(std::chrono::milliseconds{5});
              continue;
            }
            ++attempts;
            if (connect(*attempt.agent)) {
              send_batch(*attempt.agent, ids);
              --waiting;
              continue;
            }
            const std::scoped_lock lock(mutex);
            attempt.pause = std::min(kLongestPause, attempt.pause * 2);
            attempt.due = later(attempt.pause);
            queue.push(attempt);
          }
        });
    }
    report_storm(seconds_since(start), cpu, attempts);
  }

  void report_storm(double taken, double cpu_before, std::size_t attempts) {
    const auto count = static_cast<double>(agents_.size());
    std::uint64_t missing = 0;
    for (const SimulatedAgent& agent : agents_) missing += agent.sequence - agent.acknowledged;
    const json::value summary = call("GET", "/agents/summary", nullptr);
    std::int64_t stored = 0;
    for (const auto& [severity, events] : summary.at("events_last_24h").as_object()) stored += events.as_int64();
    print_row("reconnect storm: all back, each with a batch of 10 events stored", fmt::format("{:.1f} s", taken), "",
              0);
    print_row("connection attempts per agent", fmt::format("{:.2f}", static_cast<double>(attempts) / count), "", 0);
    print_row("sessions resumed by ticket", fmt::format("{:.0f} %", static_cast<double>(resumed_) / count * 100), "",
              0);
    print_row("manager CPU per reconnect and batch",
              fmt::format("{:.2f} ms", (manager_->cpu_s() - cpu_before) / count * 1000), "", 0);
    print_row("events sent / stored / not acknowledged",
              fmt::format("{} / {} / {}", agents_.size() * kEventsPerBatch, stored, missing), "", 0);
  }

  std::vector<SimulatedAgent> agents_;
  std::filesystem::path folder_;
  std::filesystem::path program_;
  std::filesystem::path config_file_;
  std::uint16_t api_port_ = 0;
  std::uint16_t gateway_port_ = 0;
  std::uint16_t metrics_port_ = 0;
  std::string password_;
  std::string authorization_;
  std::string ca_pem_;
  std::optional<ManagerProcess> manager_;
  std::atomic<std::size_t> resumed_ = 0;
  std::atomic<bool> stop_ = false;
  std::jthread keeper_;
};

}  // namespace

int main(int argc, char** argv) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;  // inherited by the manager
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::signal(SIGPIPE, SIG_IGN);
  const std::size_t count = argc > 1 ? parse_integer<std::size_t>(argv[1]).value_or(0) : 5000;
  if (count == 0 || count + 200 > files.rlim_cur) {
    std::fprintf(stderr, "usage: bench_connections [AGENTS], at most %llu\n",
                 static_cast<unsigned long long>(files.rlim_cur) - 200);
    return 2;
  }
  Bench(count).run();
  return 0;
}
