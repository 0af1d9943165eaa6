#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <thread>

#include "manager/net/testing.h"

namespace warder::manager {
namespace {

using testing::make_test_tls;
using testing::RawClient;
using testing::TestServer;

HttpResponse text_answer(std::string text) {
  HttpResponse response;
  response.body = std::move(text);
  return response;
}

TEST(HttpServer, AnswersOverPlainTcp) {
  TestServer server;
  server.handler.answer = [](const HttpRequest& request) {
    return text_answer(request.method + " " + request.path + " " + request.query.at("q") + " " + request.body + " " +
                       request.peer.text());
  };
  RawClient client(server.port());
  const std::string answer =
      client.ask("POST /a%20b?q=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nPOST /a b 1 hello 127.0.0.1")) << answer;
}

TEST(HttpServer, KeepsAConnectionForTheNextRequest) {
  TestServer server;
  server.handler.answer = [](const HttpRequest& request) { return text_answer(request.path + "\n"); };
  RawClient client(server.port());
  client.send("GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string answers = client.read_until("/two\n");
  EXPECT_LT(answers.find("/one\n"), answers.find("/two\n"));
}

TEST(HttpServer, AnswersOverTlsAndSeesTheClientsCertificate) {
  TestServer server({}, make_test_tls(true));
  server.handler.answer = [](const HttpRequest& request) {
    return text_answer(request.certificate ? request.certificate->uris.front() : "none");
  };
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  EXPECT_TRUE(RawClient(server.port(), true, true).ask(request).ends_with("warder://test"));
  EXPECT_TRUE(RawClient(server.port(), true, false).ask(request).ends_with("none"));
}

TEST(HttpServer, UsesANewCertificateForNewConnections) {
  TestServer server({}, make_test_tls());
  (*server).use(make_test_tls());
  EXPECT_TRUE(RawClient(server.port(), true)
                  .ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 200"));
}

TEST(HttpServer, SendsNoBodyToHead) {
  TestServer server;
  server.handler.answer = [](const HttpRequest&) { return text_answer("body"); };
  const std::string answer = RawClient(server.port()).ask("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("content-length: 4"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(HttpServer, AsksForABodyThatWaitsForIt) {
  TestServer server;
  server.handler.answer = [](const HttpRequest& request) { return text_answer(request.body); };
  RawClient client(server.port());
  client.send("PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(client.ask("abc").ends_with("\r\n\r\nabc"));
}

TEST(HttpServer, StreamsUntilTheHandlerEndsIt) {
  TestServer server;
  server.handler.answer = [](const HttpRequest&) {
    HttpResponse response;
    response.stream = [](const std::shared_ptr<ResponseStream>& stream) {
      EXPECT_TRUE(stream->write("first"));
      EXPECT_TRUE(stream->write("second"));
      stream->close();
      EXPECT_FALSE(stream->write("late"));
    };
    return response;
  };
  const std::string answer = RawClient(server.port()).ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n")) << answer;
}

TEST(HttpServer, EndsAStreamThatTheHandlerForgets) {
  TestServer server;
  server.handler.answer = [](const HttpRequest&) {
    HttpResponse response;
    response.stream = [](const std::shared_ptr<ResponseStream>& stream) { stream->write("x"); };
    return response;
  };
  EXPECT_TRUE(RawClient(server.port()).ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("1\r\nx\r\n0\r\n\r\n"));
}

TEST(HttpServer, TellsAStreamThatItsClientIsGone) {
  TestServer server;
  std::promise<std::shared_ptr<ResponseStream>> started;
  server.handler.answer = [&](const HttpRequest&) {
    HttpResponse response;
    response.stream = [&](std::shared_ptr<ResponseStream> stream) { started.set_value(std::move(stream)); };
    return response;
  };
  std::shared_ptr<ResponseStream> stream;
  {
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    stream = started.get_future().get();
  }
  while (stream->is_open()) std::this_thread::yield();
  EXPECT_FALSE(stream->write("x"));
  server.stop();
  EXPECT_FALSE(stream->write("x"));  // a handle may outlive its server
}

TEST(HttpServer, BoundsWhatAStreamMayQueue) {
  HttpServerOptions options;
  options.max_queued_bytes = 1000;
  TestServer server(options);
  std::promise<bool> refused;
  server.handler.answer = [&](const HttpRequest&) {
    HttpResponse response;
    response.stream = [&](const std::shared_ptr<ResponseStream>& stream) {
      refused.set_value(!stream->write(std::string(1001, 'x')) && stream->is_open());
    };
    return response;
  };
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(refused.get_future().get());
}

TEST(HttpServer, WaitsForARunningHandlerWhenItStops) {
  TestServer server;
  std::promise<void> entered;
  std::promise<void> leave;
  server.handler.answer = [&](const HttpRequest&) {
    entered.set_value();
    leave.get_future().wait();
    return text_answer("done");
  };
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().wait();
  std::thread stopper([&] { server.stop(); });
  leave.set_value();
  const std::string answer = client.read_all();
  stopper.join();
  EXPECT_TRUE(answer.ends_with("done")) << answer;
}

}  // namespace
}  // namespace warder::manager
