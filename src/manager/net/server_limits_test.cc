// Hostile clients: every limit, and bytes that are not HTTP.
#include <gtest/gtest.h>

#include <random>

#include "manager/net/testing.h"

namespace warder::manager {
namespace {

using testing::make_test_tls;
using testing::RawClient;
using testing::TestServer;

TEST(ServerLimits, RefusesWhatIsNotAProperRequest) {
  TestServer server;
  struct Case {
    const char* name;
    std::string bytes;
    const char* status;
  };
  const Case cases[] = {
      {"not HTTP", "hello\r\n\r\n", "HTTP/1.1 400"},
      {"TLS to plain", std::string("\x16\x03\x01\x02\x00\x01\x00", 7) + "\r\n\r\n", "HTTP/1.1 400"},
      {"no host", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400"},
      {"dot segments", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400"},
      {"encoded dot segments", "GET /%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400"},
      {"repeated query key", "GET /?a=1&a=2 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400"},
      {"header without colon", "GET / HTTP/1.1\r\nHost: a\r\nbad\r\n\r\n", "HTTP/1.1 400"},
      {"space in a header's name", "GET / HTTP/1.1\r\nHost: a\r\nx y: z\r\n\r\n", "HTTP/1.1 400"},
      {"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 400"},
      {"length and chunks",
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "HTTP/1.1 400"},
      {"bad chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400"},
      {"negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400"},
      {"unknown version", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", "HTTP/1.1 400"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string answer = RawClient(server.port()).ask(c.bytes);
    EXPECT_TRUE(answer.starts_with(c.status)) << answer;
  }
}

TEST(ServerLimits, BoundsTheHead) {
  HttpServerOptions options;
  options.max_header_bytes = 1000;
  TestServer server(options);
  const std::string answer =
      RawClient(server.port()).ask("GET / HTTP/1.1\r\nHost: a\r\nx: " + std::string(2000, 'x') + "\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 431")) << answer;
}

TEST(ServerLimits, BoundsTheBodyAnnouncedAndChunked) {
  HttpServerOptions options;
  options.max_body_bytes = 10;
  TestServer server(options);
  const std::string announced =
      RawClient(server.port()).ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
  EXPECT_TRUE(announced.starts_with("HTTP/1.1 413")) << announced;
  const std::string chunked =
      RawClient(server.port())
          .ask(
              "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\n"
              "abcdef\r\n0\r\n\r\n");
  EXPECT_TRUE(chunked.starts_with("HTTP/1.1 413")) << chunked;
}

// The answer must not be lost because the client was still sending.
TEST(ServerLimits, ARefusedUploaderGetsTheAnswer) {
  HttpServerOptions options;
  options.max_body_bytes = 10;
  TestServer server(options, make_test_tls());
  for (int round = 0; round < 10; ++round) {
    const std::string answer =
        RawClient(server.port(), true)
            .ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" + std::string(3'000'000, 'x'));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
  }
}

TEST(ServerLimits, BoundsTheBodiesOfAllRequests) {
  HttpServerOptions options;
  options.max_bodies_bytes = 100 << 10;
  TestServer server(options);
  RawClient first(server.port());
  first.send(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n");
  EXPECT_TRUE(first.read_until("\r\n\r\n").starts_with("HTTP/1.1 100"));
  const std::string request = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 70000\r\n\r\n";
  EXPECT_TRUE(RawClient(server.port()).ask(request).starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(first.ask(std::string(70'000, 'x')).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(RawClient(server.port()).ask(request + std::string(70'000, 'x')).starts_with("HTTP/1.1 200"));
}

TEST(ServerLimits, EndsASlowHeadAndASlowHandshake) {
  HttpServerOptions options;
  options.header_timeout = std::chrono::seconds(0);
  options.handshake_timeout = std::chrono::seconds(0);
  TestServer plain(options);
  RawClient slow(plain.port());
  slow.send("GET / HTTP/1.1\r\nHost");
  EXPECT_EQ(slow.read_all(), "");
  TestServer tls(options, make_test_tls());
  RawClient silent(tls.port());
  EXPECT_EQ(silent.read_all(), "");
}

TEST(ServerLimits, BoundsConnectionsOfAPeer) {
  HttpServerOptions options;
  options.max_connections_per_peer = 1;
  TestServer server(options);
  RawClient first(server.port());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(first.read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(RawClient(server.port()).ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
}

TEST(ServerLimits, LeavesConnectionsOverTheLimitInTheBacklog) {
  HttpServerOptions options;
  options.max_connections = 1;
  TestServer server(options);
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  auto first = std::make_unique<RawClient>(server.port());
  first->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(first->read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
  RawClient second(server.port());
  second.send(request);
  first.reset();
  EXPECT_TRUE(second.read_all().starts_with("HTTP/1.1 200"));
}

// Whatever the bytes are: the connection ends or gets an answer, and the next request is served.
TEST(ServerLimits, SurvivesRandomAndMutatedBytes) {
  HttpServerOptions options;
  options.header_timeout = std::chrono::seconds(0);
  options.body_timeout = std::chrono::seconds(0);
  TestServer plain(options);
  std::mt19937 random(7);  // NOLINT(cert-msc*): the same bytes in every run
  const std::string base =
      "POST /a/b?c=d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: "
      "100-continue\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (int round = 0; round < 300; ++round) {
    std::string bytes = base;
    for (int i = 0; i < 1 + round % 8; ++i) bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    bytes.resize(1 + random() % bytes.size());
    RawClient client(plain.port());
    client.send(bytes);
  }
  EXPECT_TRUE(RawClient(plain.port())
                  .ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 200"));
  TestServer tls({}, make_test_tls());
  for (int round = 0; round < 50; ++round) {
    std::string bytes(1 + random() % 500, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 256);
    RawClient(tls.port()).send(bytes);
  }
  EXPECT_TRUE(RawClient(tls.port(), true)
                  .ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 200"));
}

}  // namespace
}  // namespace warder::manager
