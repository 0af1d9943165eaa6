#include "manager/sso/https_fetch.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "manager/net/testing.h"
#include "manager/store/temporary_directory.h"

namespace warder::manager {
namespace {

struct TestPeer {
  TestPeer() {
    ca = directory.path() / "ca.pem";
    EXPECT_TRUE(write_file_atomically(ca, testing::TestPki::get().authority.certificate_pem()));
    HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    server = HttpServer::create(options, testing::make_test_tls(), handler, log, metrics).value();
  }
  [[nodiscard]] std::string url(const std::string& path = "/") const {
    return "https://localhost:" + std::to_string(server->port()) + path;
  }
  [[nodiscard]] FetchOptions options() const {
    FetchOptions options;
    options.ca_file = ca;
    options.allowed_networks = {parse_prefix("127.0.0.0/8").value()};
    return options;
  }

  TemporaryDirectory directory;
  std::string ca;
  testing::QuietLog log;
  Metrics metrics;
  testing::TestHandler handler;
  std::unique_ptr<HttpServer> server;
};

TEST(Fetch, AsksOverTls) {
  TestPeer peer;
  peer.handler.answer = [](const HttpRequest& request) {
    HttpResponse response;
    response.body = request.method + " " + request.body + " " + std::string(request.header("authorization"));
    return response;
  };
  const auto got = fetch({.url = peer.url()}, peer.options());
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "GET  ");
  const auto posted = fetch({.url = peer.url(), .form = "a=b", .authorization = "Basic x"}, peer.options());
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->body, "POST a=b Basic x");
}

TEST(Fetch, GoesNowhereElse) {
  TestPeer peer;
  const std::string port = std::to_string(peer.server->port());
  EXPECT_EQ(fetch({.url = "http://localhost:" + port + "/"}, peer.options()).error().code, ErrorCode::Invalid);
  EXPECT_EQ(fetch({.url = "file:///etc/passwd"}, peer.options()).error().code, ErrorCode::Invalid);
  FetchOptions guarded = peer.options();
  guarded.allowed_networks.clear();
  EXPECT_EQ(fetch({.url = peer.url()}, guarded).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(fetch({.url = "https://127.0.0.1:" + port + "/"}, guarded).error().code, ErrorCode::Forbidden);
  FetchOptions strange = peer.options();
  strange.ca_file.clear();
  EXPECT_EQ(fetch({.url = peer.url()}, strange).error().code, ErrorCode::Unavailable) << "a CA that is not known";
  peer.handler.answer = [](const HttpRequest&) {
    HttpResponse response;
    response.status = 302;
    response.headers["location"] = "https://localhost:1/";
    return response;
  };
  EXPECT_EQ(fetch({.url = peer.url()}, peer.options())->status, 302);
}

TEST(Fetch, TakesNoMoreThanItsLimit) {
  TestPeer peer;
  peer.handler.answer = [](const HttpRequest&) {
    HttpResponse response;
    response.body = std::string(300 << 10, 'x');
    return response;
  };
  EXPECT_EQ(fetch({.url = peer.url()}, peer.options()).error().code, ErrorCode::TooLarge);
}

TEST(Fetch, TellsNothingOfWhatItSent) {
  FetchOptions options;
  options.allowed_networks = {parse_prefix("127.0.0.0/8").value()};
  const auto refused = fetch({.url = "https://127.0.0.1:1/token?secret-query", .form = "code=secret-form"}, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("secret"), std::string::npos) << refused.error().message;
}

TEST(Fetch, AsksOnlySoManyAtOnce) {
  const Fetch none = make_fetch({}, 0);
  EXPECT_EQ(none({.url = "https://127.0.0.1:1/"}).error().code, ErrorCode::Unavailable);
  const Fetch one = make_fetch({}, 1);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(one({.url = "https://127.0.0.1:1/"}).error().code, ErrorCode::Forbidden) << "the place is given back";
}

}  // namespace
}  // namespace warder::manager
