#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "agent/log_command.h"
#include "agent/log_journal.h"
#include "agent/log_listener.h"
#include "agent/testing.h"
#include "base/file.h"
#include "base/process.h"
#include "crypto/pki.h"
#include "crypto/tls.h"

namespace warder::agent {
namespace {

using std::chrono::seconds;

// Polls until `count` records are there, waiting in the kernel between; at most ten seconds.
std::vector<LogRecord> collect(LogSource& source, std::size_t count) {
  std::vector<LogRecord> records;
  const auto deadline = std::chrono::steady_clock::now() + seconds(10);
  while (records.size() < count && std::chrono::steady_clock::now() < deadline) {
    const records::TailTime time{std::chrono::steady_clock::now(), from_micros(1'795'000'000'000'000), seconds(0)};
    if (!source.poll(time, 1 << 16, records)) std::this_thread::yield();
  }
  return records;
}

std::uint16_t free_port(int type) {
  const UniqueFd fd(::socket(AF_INET, type, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic =
      reinterpret_cast<sockaddr*>(&address);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast): socket(7)
  EXPECT_EQ(::bind(fd.get(), generic, size), 0);
  EXPECT_EQ(::getsockname(fd.get(), generic, &size), 0);
  return ntohs(address.sin_port);
}

UniqueFd connect_to(std::uint16_t port, int type) {
  UniqueFd fd(::socket(AF_INET, type, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic =
      reinterpret_cast<sockaddr*>(&address);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast): socket(7)
  EXPECT_EQ(::connect(fd.get(), generic, sizeof address), 0);
  return fd;
}

void say(const UniqueFd& fd, std::string_view text) {
  EXPECT_EQ(::send(fd.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
}

TEST(LogListener, TakesDatagrams) {
  const auto port = free_port(SOCK_DGRAM);
  const auto listener = make_log_listener(*parse_listen("udp 127.0.0.1:" + std::to_string(port)));
  ASSERT_TRUE(listener) << listener.error().message;
  const UniqueFd sender = connect_to(port, SOCK_DGRAM);
  say(sender, "<38>Nov 22 10:00:00 web1 sshd[7]: one");
  say(sender, "<38>1 2026-11-22T10:00:00Z web1 sshd 7 - - two");
  const auto records = collect(**listener, 2);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].text, "Nov 22 10:00:00 web1 sshd[7]: one");
  EXPECT_EQ(records[0].location, "udp://127.0.0.1");
  EXPECT_EQ(records[1].text, "2026-11-22T10:00:00Z web1 sshd[7]: two");
}

TEST(LogListener, CountsWhatTheKernelDropped) {
  const auto port = free_port(SOCK_DGRAM);
  const auto listener = make_log_listener(*parse_listen("udp 127.0.0.1:" + std::to_string(port)));
  ASSERT_TRUE(listener);
  const UniqueFd sender = connect_to(port, SOCK_DGRAM);
  constexpr std::size_t kSent = 20'000;
  for (std::size_t i = 0; i < kSent; ++i) say(sender, "<1>" + std::string(500, 'x'));
  std::vector<LogRecord> records;
  while ((*listener)->poll({}, 1 << 20, records)) {
  }
  say(sender, "<1>last");  // the kernel tells the count with the next message
  for (const LogRecord& record : collect(**listener, 1)) records.push_back(record);
  std::map<std::string, std::uint64_t> counters;
  (*listener)->count(counters);
  EXPECT_GT(counters["dropped"], 0U);
  EXPECT_EQ(records.size() + counters["dropped"], kSent + 1);
  const auto notices = (*listener)->take_notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].count, counters["dropped"]);
}

TEST(LogListener, TakesStreamsInBothFramings) {
  const auto port = free_port(SOCK_STREAM);
  const auto listener = make_log_listener(*parse_listen("tcp 127.0.0.1:" + std::to_string(port)));
  ASSERT_TRUE(listener);
  {
    const UniqueFd first = connect_to(port, SOCK_STREAM);
    const UniqueFd second = connect_to(port, SOCK_STREAM);
    say(first, "<1>one\n<1>tw");
    say(second, "8 <1>three4 <1>4");
    EXPECT_EQ(collect(**listener, 3).size(), 3U);
    say(first, "o\n");
    EXPECT_EQ(collect(**listener, 1).at(0).text, "two");
  }
  std::vector<LogRecord> none;
  std::map<std::string, std::uint64_t> counters;
  for (int i = 0; i < 1000; ++i) {
    (*listener)->poll({}, 1000, none);
    counters.clear();
    (*listener)->count(counters);
    if (counters["connections"] == 0) break;
    std::this_thread::yield();
  }
  EXPECT_EQ(counters["connections"], 0U);
}

struct Certified {
  std::string ca;
  std::string chain;
  std::string key;
};

Certified make_certificate() {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto authority =
      crypto::CertificateAuthority::create("Test CA", now - std::chrono::days(1), now + std::chrono::days(2));
  const crypto::KeyPair key = crypto::KeyPair::generate();
  crypto::CertificateSpec spec;
  spec.common_name = "log";
  spec.not_before = now - std::chrono::days(1);
  spec.not_after = now + std::chrono::days(1);
  spec.is_server = true;
  spec.ip_addresses = {"127.0.0.1"};
  return {authority->certificate_pem(), *authority->issue(key, spec), key.private_pem};
}

TEST(LogListener, TakesTls) {
  const Certified certified = make_certificate();
  const auto port = free_port(SOCK_STREAM);
  auto options = *parse_listen("tls 127.0.0.1:" + std::to_string(port));
  options.certificate_pem = certified.chain;
  options.private_key_pem = certified.key;
  const auto listener = make_log_listener(options);
  ASSERT_TRUE(listener) << listener.error().message;
  std::jthread sender([&] {
    crypto::TlsClientOptions client;
    client.ca_pem = certified.ca;
    client.server_name = "127.0.0.1";
    const auto context = crypto::TlsClientContext::create(client);
    ASSERT_TRUE(context);
    const UniqueFd fd = connect_to(port, SOCK_STREAM);
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new((*context)->native()), &SSL_free);
    (*context)->prepare(ssl.get());
    SSL_set_fd(ssl.get(), fd.get());
    ASSERT_EQ(SSL_connect(ssl.get()), 1);
    constexpr std::string_view kText = "9 <1>secret<1>line\n";
    EXPECT_GT(SSL_write(ssl.get(), kText.data(), static_cast<int>(kText.size())), 0);
    SSL_shutdown(ssl.get());
  });
  const auto records = collect(**listener, 2);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].text, "secret");
  EXPECT_EQ(records[0].location, "tls://127.0.0.1");
  EXPECT_EQ(records[1].text, "line");
}

TEST(LogListener, RefusesWhatItCannotRead) {
  for (const std::string_view text : {"", "udp", "http 127.0.0.1:80", "tcp localhost:5", "udp 127.0.0.1"})
    EXPECT_FALSE(parse_listen(text)) << text;
}

TEST(LogCommand, ItsLinesAreRecords) {
  const auto command = make_log_command(*parse_command("3600 printf one\\ntwo\\n", false));
  const auto records = collect(*command, 2);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].text, "ossec: output: 'printf one\\ntwo\\n': one");
}

TEST(LogCommand, HasNoShellUnlessAsked) {
  const auto plain = make_log_command(*parse_command("3600 echo $HOME;id", false));
  EXPECT_EQ(collect(*plain, 1).at(0).text, "ossec: output: 'echo $HOME;id': $HOME;id");
  const auto shell = make_log_command(*parse_command("3600 echo a | tr a b", true));
  EXPECT_EQ(collect(*shell, 1).at(0).text, "ossec: output: '/bin/sh -c echo a | tr a b': b");
}

TEST(LogCommand, SaysOnceThatItCannotRun) {
  const auto command = make_log_command(*parse_command("1 /nonexistent/program", false));
  std::vector<LogRecord> none;
  std::vector<LogNotice> notices;
  for (int i = 0; i < 100'000 && notices.empty(); ++i) {
    command->poll({std::chrono::steady_clock::now(), {}, {}}, 1, none);
    for (auto& notice : command->take_notices()) notices.push_back(notice);
    std::this_thread::yield();
  }
  // A program that is not there ends with 127 or cannot be started: either way nothing is read.
  EXPECT_TRUE(none.empty());
}

constexpr std::string_view kWriter = "/lib/systemd/systemd-journal-remote";

std::string entry(int number) {
  const std::string n = std::to_string(number);
  return "__REALTIME_TIMESTAMP=" + std::to_string(1'795'000'000'000'000 + number) +
         "\n__MONOTONIC_TIMESTAMP=" + std::to_string(1000 + number) +
         "\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=sshd\n_PID=7\nMESSAGE=entry " +
         n + "\n\n";
}

void write_journal(const std::filesystem::path& directory, int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += entry(i);
  ProcessOptions options;
  options.input = text;
  const auto done = run_process({std::string(kWriter), "-o", (directory / "x.journal").string(), "-"}, options);
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_EQ(done->exit_code, 0) << done->err;
}

TEST(LogJournal, ReadsAndGoesOnWhereItWas) {
  if (!std::filesystem::exists(kWriter)) GTEST_SKIP() << "needs systemd-journal-remote to make a journal";
  const testing::Directory directory;
  write_journal(directory.path(), 0, 5);
  JournalOptions options;
  options.directory = directory.path();
  options.from_start = true;
  std::string position;
  {
    const auto journal = make_log_journal(options);
    ASSERT_TRUE(journal) << journal.error().message;
    const auto records = collect(**journal, 5);
    ASSERT_EQ(records.size(), 5U);
    EXPECT_EQ(records[0].text, "Nov 18 11:06:40 web1 sshd[7]: entry 0");
    position = (*journal)->position();
  }
  write_journal(directory.path(), 5, 7);
  const auto journal = make_log_journal(options);
  ASSERT_TRUE(journal);
  ASSERT_TRUE((*journal)->restore(position));
  const auto records = collect(**journal, 2);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].text, "Nov 18 11:06:40 web1 sshd[7]: entry 5");
  EXPECT_TRUE((*journal)->take_notices().empty());
}

TEST(LogJournal, StartsAtTheEndUnlessAsked) {
  if (!std::filesystem::exists(kWriter)) GTEST_SKIP() << "needs systemd-journal-remote to make a journal";
  const testing::Directory directory;
  write_journal(directory.path(), 0, 3);
  JournalOptions options;
  options.directory = directory.path();
  const auto journal = make_log_journal(options);
  ASSERT_TRUE(journal);
  std::vector<LogRecord> records;
  EXPECT_FALSE((*journal)->poll({}, 1 << 16, records));
  EXPECT_TRUE(records.empty());
  EXPECT_FALSE((*journal)->position().empty());
}

}  // namespace
}  // namespace warder::agent
