#include "client/client.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/json.h"

namespace warder::client {
namespace {

/// Answers in turn and keeps what was asked.
class ScriptedTransport final : public Transport {
 public:
  struct Log {
    std::vector<Request> requests;
    std::deque<Answer> answers;
  };
  explicit ScriptedTransport(Log& log) : log_(log) {}

  Result<Answer> perform(const Request& request) override {
    log_.requests.push_back(request);
    if (log_.answers.empty()) return fail(ErrorCode::Unavailable, "no answer");
    Answer answer = log_.answers.front();
    log_.answers.pop_front();
    return answer;
  }
  Result<Answer> stream(const Request& request, const std::function<bool(std::string_view)>& on_data) override {
    Answer answer = WD_TRY(perform(request));
    if (answer.status != 200) return answer;
    for (const char c : answer.body) {
      if (!on_data(std::string_view(&c, 1))) break;
    }
    return Answer{200, ""};
  }

 private:
  Log& log_;
};

class ClientTest : public ::testing::Test {
 protected:
  ScriptedTransport::Log log_;  // NOLINT(cppcoreguidelines-non-private-member-variables-in-classes)
  Client client_{
      std::make_unique<ScriptedTransport>(log_)};  // NOLINT(cppcoreguidelines-non-private-member-variables-in-classes)
};

TEST_F(ClientTest, BuildsTargetsAndReadsJson) {
  log_.answers = {{200, R"({"a":1})"}};
  const auto value = client_.get("/events", {{"filter", "severity>=high & x"}, {"empty", ""}, {"limit", "5"}});
  ASSERT_TRUE(value);
  EXPECT_EQ(value->at("a"), 1);
  EXPECT_EQ(log_.requests.at(0).target, "/api/v1/events?filter=severity%3E%3Dhigh%20%26%20x&limit=5");
}

TEST_F(ClientTest, FollowsCursors) {
  log_.answers = {{200, R"({"items":[1,2],"next_cursor":"c/1"})"}, {200, R"({"items":[3],"next_cursor":null})"}};
  EXPECT_EQ(client_.list("/agents").value(), (json::array{1, 2, 3}));
  EXPECT_EQ(log_.requests.at(0).target, "/api/v1/agents?limit=1000");
  EXPECT_EQ(log_.requests.at(1).target, "/api/v1/agents?limit=1000&cursor=c%2F1");
}

TEST_F(ClientTest, StopsAtTheNumberAskedFor) {
  log_.answers = {{200, R"({"items":[1,2,3],"next_cursor":"c"})"}};
  EXPECT_EQ(client_.list("/agents", {}, 2).value(), (json::array{1, 2}));
  EXPECT_EQ(log_.requests.size(), 1U);
}

TEST_F(ClientTest, SendsConditionsAndKeys) {
  log_.answers = {{204, ""}, {201, R"({"id":"x"})"}};
  EXPECT_TRUE(client_.send("PATCH", "/agents/1", json::object{{"policy_id", nullptr}}, "\"7\"")->is_null());
  EXPECT_EQ(log_.requests.at(0).body, R"({"policy_id":null})");
  EXPECT_EQ(log_.requests.at(0).content_type, "application/json");
  EXPECT_EQ(log_.requests.at(0).headers.at(0), (std::pair<std::string, std::string>("If-Match", "\"7\"")));
  EXPECT_TRUE(client_.send("POST", "/groups", json::object{}));
  EXPECT_EQ(log_.requests.at(1).headers.at(0).first, "Idempotency-Key");
  EXPECT_EQ(log_.requests.at(1).headers.at(0).second.size(), 32U);
}

TEST_F(ClientTest, TurnsProblemsIntoErrors) {
  log_.answers = {
      {422, R"({"type":"x","title":"Bad","status":422,"code":"invalid","detail":"2 errors",)"
            R"("errors":[{"pointer":"/name","detail":"is missing"}]})"},
      {422, R"({"title":"Bad","detail":"/name: is missing","errors":[{"pointer":"/name","detail":"is missing"}]})"},
      {412, R"({"title":"It changed since it was read"})"},
      {502, "<html>"}};
  EXPECT_EQ(client_.get("/x").error(), (Error{ErrorCode::Invalid, "2 errors\n  /name: is missing"}));
  EXPECT_EQ(client_.get("/x").error(), (Error{ErrorCode::Invalid, "/name: is missing"}));
  EXPECT_EQ(client_.get("/x").error(), (Error{ErrorCode::Conflict, "It changed since it was read"}));
  EXPECT_EQ(client_.get("/x").error(), (Error{ErrorCode::Unavailable, "the manager answered with status 502"}));
  EXPECT_EQ(client_.get("/x").error(), (Error{ErrorCode::Unavailable, "no answer"}));
}

TEST_F(ClientTest, TailsEventsFromTheLastOneSeen) {
  log_.answers = {{200, ": hello\n\nid: 7\nevent: event\ndata: {}\n\ndata: late\n\n"}};
  std::vector<SseEvent> events;
  const auto stopped = client_.tail("/events/tail", {}, "6", [&](const SseEvent& event) {
    events.push_back(event);
    return events.size() < 2;
  });
  EXPECT_TRUE(stopped.value());
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].event, "event");
  EXPECT_EQ(events[0].id, "7");
  EXPECT_EQ(log_.requests.at(0).headers.at(1), (std::pair<std::string, std::string>("Last-Event-ID", "6")));
  log_.answers = {{403, R"({"title":"no"})"}};
  EXPECT_EQ(client_.tail("/events/tail", {}, "", [](const SseEvent&) { return true; }).error().code,
            ErrorCode::Forbidden);
}

TEST(SseParser, ReadsEveryLineEndAndAnyPieces) {
  const std::string text = "data: a\r\ndata:b\rid: 1\n\n:comment\nevent: e\ndata\n\nevent: none\n\ndata: unfinished\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    SCOPED_TRACE(cut);
    SseParser parser;
    std::vector<SseEvent> events;
    const auto keep = [&](const SseEvent& event) {
      events.push_back(event);
      return true;
    };
    ASSERT_TRUE(parser.feed(text.substr(0, cut), keep));
    ASSERT_TRUE(parser.feed(text.substr(cut), keep));
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].data, "a\nb");
    EXPECT_EQ(events[0].event, "message");
    EXPECT_EQ(events[1].event, "e");
    EXPECT_EQ(events[1].id, "1");
    EXPECT_EQ(parser.last_id(), "1");
  }
}

TEST(SseParser, RefusesAnEndlessLine) {
  SseParser parser;
  EXPECT_EQ(parser.feed(std::string(2 << 20, 'x'), [](const SseEvent&) { return true; }).error().code,
            ErrorCode::TooLarge);
}

TEST(HttpsTransport, WantsHttps) {
  for (const char* bad : {"", "http://h", "https://", "h:8443", "file:///etc/passwd"}) {
    SCOPED_TRACE(bad);
    HttpsOptions options;
    options.base_url = bad;
    EXPECT_FALSE(make_https_transport(options));
  }
}

}  // namespace
}  // namespace warder::client
