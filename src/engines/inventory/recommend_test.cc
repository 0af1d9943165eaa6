#include "engines/inventory/recommend.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::inventory {
namespace {

Snapshot small_host() {
  Snapshot snapshot;
  snapshot[Kind::System] = {{"system", "web-1", "12", {{"os_id", "debian"}, {"os_like", "unix"}}}};
  snapshot[Kind::Package] = canonical({
      {"dpkg/apache2/amd64", "apache2", "2.4.57-2", {{"manager", "dpkg"}}},
      {"python/django@/opt/a", "django", "4.2.1", {{"location", "/opt/a"}, {"manager", "python"}}},
  });
  snapshot[Kind::Service] = {
      {"ssh.service", "ssh.service", "", {{"command", "/usr/sbin/sshd -D"}, {"start", "enabled"}}}};
  snapshot[Kind::Socket] = {{"tcp/0.0.0.0/80", "tcp/80", "", {{"executable", "/usr/sbin/apache2"}}}};
  snapshot[Kind::Container] = {{"c", "db", "", {{"image", "registry.example/postgres:16"}}}};
  return snapshot;
}

std::optional<std::string> ask(std::string_view condition) {
  const Snapshot snapshot = small_host();
  const auto parsed = parse_condition(parse_json(condition).value());
  EXPECT_TRUE(parsed) << condition << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? holds(*parsed, FactsIndex(snapshot)) : std::nullopt;
}

TEST(Conditions, HoldWithTheirReason) {
  struct Case {
    const char* condition;
    const char* reason;
  };
  for (const Case& c : {
           Case{R"({"package":"apache2"})", "package apache2 2.4.57-2"},
           Case{R"({"package":"apache2","version":">= 2.4, < 2.4.58"})", "package apache2 2.4.57-2"},
           Case{R"({"package":"djang?","manager":"python"})", "package django 4.2.1"},
           Case{R"({"service":"ssh"})", "service ssh.service"},
           Case{R"({"service":"ssh.service","state":"enabled"})", "service ssh.service"},
           Case{R"({"port":"tcp/80"})", "port tcp/80"},
           Case{R"({"port":"*/80"})", "port tcp/80"},
           Case{R"({"path":"/usr/sbin/sshd"})", "path /usr/sbin/sshd"},
           Case{R"({"path":"/usr/sbin/apache*"})", "path /usr/sbin/apache*"},
           Case{R"({"container":"*/postgres"})", "container db"},
           Case{R"({"os":"debian","version":">= 12"})", "operating system debian 12"},
           Case{R"({"os":"unix"})", "operating system debian 12"},
           Case{R"({"all":[{"os":"debian"},{"not":{"package":"nginx"}},{"port":"tcp/80"}]})",
                "operating system debian 12, port tcp/80"},
           Case{R"({"any":[{"package":"nginx"},{"package":"apache2"}]})", "package apache2 2.4.57-2"},
       }) {
    SCOPED_TRACE(c.condition);
    EXPECT_EQ(ask(c.condition), c.reason);
  }
}

TEST(Conditions, DoNotHold) {
  for (const char* condition : {R"({"package":"apache"})", R"({"package":"apache2","version":"> 2.4.57-2"})",
                                R"({"package":"apache2","manager":"rpm"})", R"({"service":"ssh","state":"active"})",
                                R"({"port":"udp/80"})", R"({"user":"root"})", R"({"program":"*"})", R"({"os":"rhel"})",
                                R"({"not":{"os":"debian"}})", R"({"all":[{"os":"debian"},{"package":"nginx"}]})"}) {
    SCOPED_TRACE(condition);
    EXPECT_EQ(ask(condition), std::nullopt);
  }
}

TEST(Conditions, NameThePlaceOfAFault) {
  struct Case {
    const char* condition;
    const char* message;
  };
  for (const Case& c : {
           Case{"[]", "not an object"},
           Case{"{}", "no test: package, service, port … or all, any, not"},
           Case{R"({"package":"a","service":"b"})", "two tests in one object; put them into \"all\" or \"any\""},
           Case{R"({"package":""})", "/package: not a text of 1 to 200 bytes"},
           Case{R"({"package":"a","version":"2"})", "/package: version: begins with none of <, <=, =, >=, >"},
           Case{R"({"service":"a","version":"> 2"})", "/service: does not go with \"version\""},
           Case{R"({"any":[{"port":"a"},{"port":1}]})", "/any: /1: /port: not a text of 1 to 200 bytes"},
           Case{R"({"any":[]})", "/any: not a list of conditions"},
       }) {
    SCOPED_TRACE(c.condition);
    const auto parsed = parse_condition(parse_json(c.condition).value());
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message, c.message);
  }
  std::string deep = R"({"os":"a"})";
  for (int i = 0; i < 10; ++i) deep = R"({"not":)" + deep + "}";
  EXPECT_FALSE(parse_condition(parse_json(deep).value()));
}

TEST(Recommend, GivesOffersInOrder) {
  const auto offers = parse_offers(R"({"format":1,"module":"loginspection","offers":[
      {"id":"nginx","title":"nginx","when":{"package":"nginx"}},
      {"id":"apache","title":"Apache","when":{"any":[{"package":"apache2"},{"package":"httpd"}]}},
      {"id":"sshd","title":"OpenSSH","when":{"service":"ssh"}}]})");
  ASSERT_TRUE(offers) << offers.error().message;
  const Snapshot snapshot = small_host();
  const auto found = recommend(FactsIndex(snapshot), *offers);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], (Recommendation{"apache", "loginspection", "Apache", "package apache2 2.4.57-2"}));
  EXPECT_EQ(found[1].id, "sshd");
}

TEST(Recommend, RefusesAnOfferTwice) {
  const auto offers = parse_offers(R"({"format":1,"module":"ips","offers":[
      {"id":"a","title":"a","when":{"os":"x"}},{"id":"a","title":"a","when":{"os":"x"}}]})");
  ASSERT_FALSE(offers);
  EXPECT_EQ(offers.error().message, "/offers/1/id: it is there twice");
  EXPECT_FALSE(parse_offers(R"({"format":2,"module":"ips","offers":[]})"));
  EXPECT_FALSE(
      parse_offers(R"({"format":1,"module":"ips","offers":[{"id":"a","title":"a","when":{"os":"x"},"x":1}]})"));
}

}  // namespace
}  // namespace warder::inventory
