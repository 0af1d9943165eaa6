// The inline path on a real kernel, in a network namespace of the test's own: a server that would do what it is told, a
// client that tells it, real packets between them. The judge here looks for a word in the stream; the engine's own
// tests are elsewhere.
#include "host/linux/packet_queue.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "agent/inline_path.h"
#include "base/file.h"
#include "base/process.h"
#include "host/linux/packet_socket.h"
#include "host/linux/queue_rules.h"
#include "model/kernel_names.h"
#include "packet/conversation.h"
#include "packet/decode.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t kPort = 8080;
constexpr std::string_view kWord = "exploit";

class WordJudge final : public PacketJudge {
 public:
  WordJudge() : conversations_(options()) {}
  Judgement judge(const packet::Frame& frame) override {
    Judgement worst = Judgement::Pass;
    for (packet::Packet& packet : decoder_.decode(frame)) {
      const auto seen = conversations_.follow(packet);
      if (seen.flow == nullptr || !packet.is_tcp()) continue;
      if (seen.tcp.is_conflicting) worst = std::max(worst, Judgement::Drop);
      packet::ByteStream& stream = seen.flow->tcp.stream(packet::Direction::ToServer);
      stream.close(packet::StreamReader::Raw, conversations_.pool());
      const auto view = stream.read(packet::StreamReader::App);
      const std::string_view text = as_text(view.bytes);
      if (text.find(kWord) != std::string_view::npos) {
        ++found;
        worst = Judgement::Condemn;
      }
      if (text.find("trusted") != std::string_view::npos && worst == Judgement::Pass) worst = Judgement::Enough;
      if (text.size() >= kWord.size()) {
        stream.advance(packet::StreamReader::App, view.offset + text.size() - kWord.size() + 1, conversations_.pool());
      }
    }
    return worst;
  }
  void tick(Timestamp /*now*/) override {}
  std::atomic<int> found{0};

 private:
  static packet::ConversationOptions options() {
    packet::ConversationOptions options;
    options.tcp.is_inline = true;
    return options;
  }
  packet::Decoder decoder_;
  packet::Conversations conversations_;
};

/// Packets of the namespace through a judge, on a thread.
class Guard {
 public:
  Guard(InlineMode mode, host::PacketQueueOptions queue = {}) {
    queue.number = kernel::kQueueFirst;
    auto source = host::open_packet_queue(queue);
    if (!source) throw std::runtime_error(source.error().message);
    source_ = std::move(*source);
    path_.emplace(*source_, judge, InlineOptions{std::chrono::seconds(5), kernel::kMarkMask});
    path_->set_mode(mode);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        if (!path_->step(milliseconds(1000))) return;
      }
    });
  }
  ~Guard() {
    thread_.request_stop();
    source_->interrupt();
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  [[nodiscard]] const InlineCounters& counters() const { return path_->counters(); }
  WordJudge judge;

 private:
  std::unique_ptr<host::PacketSource> source_;
  std::optional<InlinePath> path_;
  std::jthread thread_;
};

host::QueueRulesOptions on_loopback(bool fails_open = true) {
  host::QueueRulesOptions options;
  options.first_queue = kernel::kQueueFirst;
  options.inspects_output = false;  // each packet once
  options.inspects_loopback = true;
  options.fails_open = fails_open;
  return options;
}

UniqueFd listen_on(int family) {
  UniqueFd server(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  ::setsockopt(server.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_addr = in6addr_any;
  any.sin6_port = htons(kPort);
  if (::bind(server.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) return {};
  ::listen(server.get(), 64);
  return server;
}

/// Answers each request, which ends with an empty line, with what it was told; on a thread.
class Server {
 public:
  Server() : listener_(listen_on(AF_INET6)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  std::string heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd polled{listener_.get(), POLLIN, 0};
      if (::poll(&polled, 1, 20) <= 0) continue;
      const UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      const timeval patience{2, 0};
      ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      std::string request;
      std::array<char, 4096> buffer{};
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::recv(peer.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        request.append(buffer.data(), static_cast<std::size_t>(got));
      }
      {
        const std::lock_guard lock(mutex_);
        heard_ += request;
      }
      if (request.find("\r\n\r\n") != std::string::npos) ::send(peer.get(), "done", 4, MSG_NOSIGNAL);
    }
  }
  UniqueFd listener_;
  std::mutex mutex_;  // guards heard_
  std::string heard_;
  std::jthread thread_;
};

/// Sends the parts, each as a segment of its own; the answer, or "" when there is none.
std::string tell(const std::vector<std::string>& parts, bool is_v6 = false, int patience_ms = 3000,
                 const std::function<void()>& between = {}) {
  const UniqueFd client(::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const timeval patience{patience_ms / 1000, patience_ms % 1000 * 1000};
  ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(kPort);
  four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(kPort);
  six.sin6_addr = in6addr_loopback;
  const int connected = is_v6 ? ::connect(client.get(), reinterpret_cast<const sockaddr*>(&six), sizeof six)
                              : ::connect(client.get(), reinterpret_cast<const sockaddr*>(&four), sizeof four);
  if (connected != 0) return {};
  for (const std::string& part : parts) {
    if (&part != &parts.front() && between) between();
    ::send(client.get(), part.data(), part.size(), MSG_NOSIGNAL);
  }
  std::array<char, 64> buffer{};
  const ssize_t got = ::recv(client.get(), buffer.data(), buffer.size(), 0);
  return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
}

std::vector<std::string> letter_by_letter(std::string_view text) {
  std::vector<std::string> parts;
  for (const char letter : text) parts.emplace_back(1, letter);
  return parts;
}

class PacketQueueOnKernel : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNET) != 0) return;
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::copy_n("lo", 3, static_cast<char*>(request.ifr_name));
    request.ifr_flags = IFF_UP;
    is_private_ = ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
  }
  void SetUp() override {
    if (!is_private_) GTEST_SKIP() << "needs root for a network namespace of its own";
  }
  static inline bool is_private_ = false;
};

TEST_F(PacketQueueOnKernel, PreventStopsWhatDetectOnlySees) {
  for (const bool is_v6 : {false, true}) {
    SCOPED_TRACE(is_v6);
    for (const InlineMode mode : {InlineMode::Observe, InlineMode::Prevent}) {
      Server server;
      const auto rules = host::QueueRules::install(on_loopback());
      ASSERT_TRUE(rules) << rules.error().message;
      Guard guard(mode);
      EXPECT_EQ(tell({"GET /harmless\r\n\r\n"}, is_v6), "done");
      const std::string answer = tell({"GET /exploit\r\n\r\n"}, is_v6);
      EXPECT_GE(guard.judge.found, 1);
      if (mode == InlineMode::Observe) {
        EXPECT_EQ(answer, "done");
        EXPECT_GE(guard.counters().would_drop, 1U);
        EXPECT_EQ(guard.counters().dropped, 0U);
      } else {
        EXPECT_EQ(answer, "");
        EXPECT_EQ(server.heard().find(kWord), std::string::npos);
        EXPECT_EQ(guard.counters().condemned, 1U);
      }
      EXPECT_EQ(tell({"GET /harmless\r\n\r\n"}, is_v6), "done");
    }
  }
}

TEST_F(PacketQueueOnKernel, TinySegmentsHideNothing) {
  Server server;
  const auto rules = host::QueueRules::install(on_loopback());
  ASSERT_TRUE(rules) << rules.error().message;
  Guard guard(InlineMode::Prevent);
  EXPECT_EQ(tell(letter_by_letter("GET /harmless\r\n\r\n")), "done");
  EXPECT_EQ(tell(letter_by_letter("GET /exploit\r\n\r\n")), "");
  EXPECT_EQ(server.heard().find(kWord), std::string::npos);
}

TEST_F(PacketQueueOnKernel, ACondemnedFlowIsResetByTheKernel) {
  Server server;
  const auto rules = host::QueueRules::install(on_loopback());
  ASSERT_TRUE(rules) << rules.error().message;
  Guard guard(InlineMode::Prevent);
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::send(client.get(), kWord.data(), kWord.size(), MSG_NOSIGNAL);
  const timeval patience{3, 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char byte = 0;
  EXPECT_EQ(::recv(client.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(PacketQueueOnKernel, WhatIsTrustedIsNoLongerQueued) {
  Server server;
  const auto rules = host::QueueRules::install(on_loopback());
  ASSERT_TRUE(rules) << rules.error().message;
  Guard guard(InlineMode::Prevent);
  // After the mark the word passes: nobody looks any more.
  const auto until_marked = [&guard] {
    for (int i = 0; i < 3000 && guard.counters().enough == 0; ++i) ::poll(nullptr, 0, 1);
  };
  EXPECT_EQ(tell({"trusted: ", "exploit\r\n\r\n"}, false, 3000, until_marked), "done");
  EXPECT_EQ(guard.counters().enough, 1U);
  EXPECT_EQ(guard.judge.found, 0);
}

TEST_F(PacketQueueOnKernel, WithoutAReaderPacketsPassOrDoNotAsPolicySays) {
  Server server;
  {
    const auto rules = host::QueueRules::install(on_loopback(true));
    ASSERT_TRUE(rules) << rules.error().message;
    EXPECT_EQ(tell({"GET /\r\n\r\n"}), "done");
  }
  {
    const auto rules = host::QueueRules::install(on_loopback(false));
    ASSERT_TRUE(rules) << rules.error().message;
    EXPECT_EQ(tell({"GET /\r\n\r\n"}, false, 300), "");
  }
  EXPECT_EQ(tell({"GET /\r\n\r\n"}), "done");
}

TEST_F(PacketQueueOnKernel, CountsWhatTheKernelCouldNotTell) {
  constexpr std::uint64_t kSent = 50;
  constexpr std::uint32_t kRoom = 4;
  const auto rules = host::QueueRules::install(on_loopback(false));
  ASSERT_TRUE(rules) << rules.error().message;
  const auto source =
      host::open_packet_queue({.number = kernel::kQueueFirst, .max_packets = kRoom, .fails_open = false});
  ASSERT_TRUE(source) << source.error().message;
  const UniqueFd sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (std::uint64_t i = 0; i < kSent; ++i)
    ::sendto(sender.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  const auto got = (*source)->receive(milliseconds(1000));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->size(), kRoom);
  EXPECT_EQ((*source)->counters().lost, kSent - kRoom);
}

TEST_F(PacketQueueOnKernel, AKilledProcessLeavesNothingBehind) {
  Server server;
  for (int i = 0; i < 50; ++i) {
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto rules = host::QueueRules::install(on_loopback());
      const auto queue = host::open_packet_queue({.number = kernel::kQueueFirst});
      const char answer = rules && queue ? '1' : '0';
      [[maybe_unused]] const ssize_t written = ::write(ready[1], &answer, 1);
      while (queue && (*queue)->receive(milliseconds(1000))) {  // it takes packets and never answers
      }
      ::_exit(1);
    }
    char answer = 0;
    ASSERT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, '1');
    ::close(ready[0]);
    ::close(ready[1]);
    std::thread killer([child] { ::kill(child, SIGKILL); });
    // Under way while the process dies, or just after: the retransmission passes.
    EXPECT_EQ(tell({"GET /\r\n\r\n"}), "done");
    killer.join();
    ::waitpid(child, nullptr, 0);
  }
  const auto text = read_file("/proc/self/net/netfilter/nfnetlink_queue", 4096);
  EXPECT_TRUE(!text || text->empty());
}

TEST_F(PacketQueueOnKernel, APacketSocketOnlyLooks) {
  Server server;
  const auto source = host::open_packet_socket({.interface = "lo"});
  ASSERT_TRUE(source) << source.error().message;
  WordJudge judge;
  InlinePath path(**source, judge, {std::chrono::seconds(5), kernel::kMarkMask});
  path.set_mode(InlineMode::Prevent);
  EXPECT_EQ(tell({"GET /exploit\r\n\r\n"}), "done");
  for (int i = 0; i < 20 && judge.found == 0; ++i) ASSERT_TRUE(path.step(milliseconds(200)));
  EXPECT_GE(judge.found, 1);
  EXPECT_NE(server.heard().find(kWord), std::string::npos);
}

}  // namespace
}  // namespace warder::agent
