#include "sinks/syslog_sink.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "base/random.h"

namespace warder::sinks {
namespace {

/// A socket on the loopback, by itself or listening.
struct Listener {
  explicit Listener(int type) : fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_TRUE(type != SOCK_STREAM || ::listen(fd.get(), 4) == 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
  }
  [[nodiscard]] UniqueFd accept() const { return UniqueFd(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

  UniqueFd fd;
  std::uint16_t port = 0;
};

std::string receive(const UniqueFd& fd) {
  std::string text(65'536, '\0');
  const ssize_t size = ::recv(fd.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

std::unique_ptr<Sink> make(const Listener& listener, boost::json::object settings, MayReach may_reach = {}) {
  settings["host"] = "127.0.0.1";
  settings["port"] = std::int64_t{listener.port};
  SinkOptions options;
  options.settings = std::move(settings);
  options.format = formats::Format::Cef;
  options.may_reach = std::move(may_reach);
  return make_syslog_sink(std::move(options)).value();
}

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + std::chrono::hours{12};

Event make_event() {
  Event event;
  event.time = kNow;
  event.id = EventId{UuidGenerator{fill_random}.next(kNow)};
  event.module = ModuleKind::Integrity;
  event.type = "integrity.file.updated";
  event.severity = Severity::Low;
  event.set("file.path", "/etc/passwd");
  return event;
}

std::vector<formats::OutgoingEvent> events(std::size_t count) {
  std::vector<formats::OutgoingEvent> list;
  for (std::size_t i = 0; i < count; ++i) {
    formats::OutgoingEvent event;
    event.event = make_event();
    event.host = "web-1";
    list.push_back(std::move(event));
  }
  return list;
}

TEST(SyslogSink, SendsCountedMessagesOverTcp) {
  const Listener listener(SOCK_STREAM);
  const auto sink = make(listener, {{"transport", "tcp"}, {"settle_ms", 0}});
  const auto list = events(1);
  const SinkReport report = sink->send(list, {});
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.taken, 1U);
  const std::string text = receive(listener.accept());
  const std::size_t space = text.find(' ');
  EXPECT_EQ(std::to_string(text.size() - space - 1), text.substr(0, space));
  EXPECT_TRUE(
      text.substr(space + 1).starts_with("<133>1 2026-11-22T12:00:00.000000Z web-1 warder - integrity - CEF:0|"))
      << text;
}

TEST(SyslogSink, WhatIsPendingWhenTheReceiverDiesIsSaidToBeLost) {
  const Listener listener(SOCK_STREAM);
  const auto sink = make(listener, {{"transport", "tcp"}, {"settle_ms", 60'000}});
  const auto list = events(3);
  EXPECT_EQ(sink->send(list, {}).taken, 3U);
  UniqueFd peer = listener.accept();
  EXPECT_EQ(sink->unsettled().value(), 3U);
  peer.reset();
  EXPECT_FALSE(sink->unsettled());
  EXPECT_EQ(sink->unsettled().value(), 0U);  // said once
  EXPECT_EQ(sink->send(list, {}).taken, 3U);
  EXPECT_EQ(sink->unsettled().value(), 3U);
}

TEST(SyslogSink, WhatIsRefusedHasItsPlaceAmongManyThatGoTogether) {
  const Listener listener(SOCK_STREAM);
  const auto sink =
      make(listener, {{"transport", "tcp"}, {"framing", "line-feed"}, {"max_bytes", 480}, {"settle_ms", 0}});
  auto list = events(200);  // several chunks
  for (int i = 0; i < 50; ++i) list[70].event.set("integer.that.cannot.be.cut." + std::to_string(i), std::int64_t{i});
  const SinkReport report = sink->send(list, {});
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.taken, 200U);
  ASSERT_EQ(report.refused.size(), 1U);
  EXPECT_EQ(report.refused[0].index, 70U);
  std::string text;
  const UniqueFd peer = listener.accept();
  while (std::ranges::count(text, '\n') < 199) text += receive(peer);
  std::size_t place = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i == 70) continue;
    place = text.find("externalId=" + list[i].event.id.text(), place);
    ASSERT_NE(place, std::string::npos) << i;
  }
}

TEST(SyslogSink, NobodyListens) {
  std::uint16_t port = 0;
  {
    const Listener gone(SOCK_STREAM);
    port = gone.port;
  }
  SinkOptions options;
  options.settings = {{"host", "127.0.0.1"}, {"port", std::int64_t{port}}, {"transport", "tcp"}};
  const auto sink = make_syslog_sink(std::move(options)).value();
  const auto list = events(1);
  const SinkReport report = sink->send(list, {});
  EXPECT_EQ(report.taken, 0U);
  EXPECT_EQ(report.error.value().code, ErrorCode::Unavailable);
}

TEST(SyslogSink, AnAddressThatTheTenantMayNotReachIsNotTouched) {
  const Listener listener(SOCK_STREAM);
  const auto sink = make(listener, {{"transport", "tcp"}}, [](const IpAddress&) { return false; });
  const auto list = events(1);
  EXPECT_EQ(sink->send(list, {}).error.value().code, ErrorCode::Forbidden);
}

TEST(SyslogSink, SendsADatagramForEachEvent) {
  const Listener listener(SOCK_DGRAM);
  const auto sink = make(listener, {{"transport", "udp"}, {"form", "rfc3164"}});
  const auto list = events(2);
  EXPECT_EQ(sink->send(list, {}).taken, 2U);
  EXPECT_EQ(sink->unsettled().value(), 0U);
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(receive(listener.fd).starts_with("<133>Nov 22 12:00:00 web-1 warder: CEF:0|"));
}

TEST(SyslogSink, SettingsThatCannotBeUsedAreRefused) {
  const auto error_of = [](const boost::json::object& settings) {
    const auto checked = check_syslog(settings, "");
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(error_of({{"host", "siem.example"}, {"transport", "tcp"}}), "");
  EXPECT_TRUE(error_of({{"transport", "tcp"}}).starts_with("/settings/host"));
  EXPECT_TRUE(error_of({{"host", "a"}, {"transport", "smoke"}}).starts_with("/settings/transport"));
  EXPECT_TRUE(error_of({{"host", "a"}, {"ca_pem", "no certificate"}}).starts_with("/settings/ca_pem"));
  EXPECT_TRUE(error_of({{"host", "a"}, {"transport", "tcp"}, {"certificate_pem", "x"}}).starts_with("/settings/cert"));
}

}  // namespace
}  // namespace warder::sinks
