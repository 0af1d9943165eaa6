// warder trust requests: documents for those who ask.
#include <ostream>

#include "base/file.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kRequests[] = {
    {"NUMBER", "/number"},         {"ID", "/id"},          {"STATE", "/state"},
    {"DOCUMENT", "/title"},        {"NAME", "/name"},      {"ORGANISATION", "/organisation"},
    {"DECIDED BY", "/decided_by"}, {"EXPIRES", "/expires"}};
constexpr Column kOneRequest[] = {{"NUMBER", "/number"},
                                  {"ID", "/id"},
                                  {"STATE", "/state"},
                                  {"DOCUMENT", "/title"},
                                  {"NAME", "/name"},
                                  {"MAIL", "/mail"},
                                  {"ORGANISATION", "/organisation"},
                                  {"REASON", "/reason"},
                                  {"ASKED", "/asked"},
                                  {"DECIDED", "/decided"},
                                  {"DECIDED BY", "/decided_by"},
                                  {"EXPIRES", "/expires"},
                                  {"ACCEPTED", "/accepted"},
                                  {"TERMS", "/terms"},
                                  {"DOWNLOADS", "/downloads"},
                                  {"OF", "/downloads_allowed"}};
constexpr Column kTerms[] = {
    {"VERSION", "/version"}, {"SINCE", "/since"}, {"BY", "/published_by"}, {"TEXT", "/text/en"}};
constexpr std::size_t kMaxTermsBytes = 20'000;

struct RequestArguments {
  std::string id;
  std::int64_t days = 7;
  std::int64_t downloads = 3;
  std::string channel;
  std::string english;
  std::string japanese;
};
using Arguments = std::shared_ptr<RequestArguments>;

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/trust/requests")), kRequests);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get("/trust/requests/" + arguments->id)), kOneRequest);
  return ExitCode::Ok;
}

Result<ExitCode> approve(Session& session, const Arguments& arguments) {
  json::object body{{"days", arguments->days}, {"downloads", arguments->downloads}};
  if (!arguments->channel.empty()) body["channel"] = arguments->channel;
  client::Client* const client = WD_TRY(session.client());
  const json::value answer = WD_TRY(client->send("POST", "/trust/requests/" + arguments->id + "/approve", body));
  print_object(session, answer.at("request"), kOneRequest);
  if (answer.at("link").is_string()) {
    print_note(session, "It was not mailed: " + std::string(answer.at("problem").as_string()));
    print_note(session, "Hand this over; it is not shown again: " + std::string(answer.at("link").as_string()));
  } else {
    print_note(session, "The link is on its way by mail.");
  }
  return ExitCode::Ok;
}

Result<ExitCode> decide(Session& session, const Arguments& arguments, const std::string& how) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->send("POST", "/trust/requests/" + arguments->id + "/" + how, nullptr)),
               kOneRequest);
  return ExitCode::Ok;
}

Result<ExitCode> refuse(Session& session, const Arguments& arguments) {
  return decide(session, arguments, "refuse");
}

Result<ExitCode> revoke(Session& session, const Arguments& arguments) {
  return decide(session, arguments, "revoke");
}

Result<ExitCode> list_terms(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/trust/terms")), kTerms);
  return ExitCode::Ok;
}

Result<ExitCode> publish_terms(Session& session, const Arguments& arguments) {
  const json::object body{{"en", WD_TRY(read_file(arguments->english, kMaxTermsBytes))},
                          {"ja", WD_TRY(read_file(arguments->japanese, kMaxTermsBytes))}};
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->send("POST", "/trust/terms", body)), kTerms);
  return ExitCode::Ok;
}

}  // namespace

void add_trust_requests(Tree& tree, CLI::App& group) {
  const auto arguments = std::make_shared<RequestArguments>();
  const auto named = [&](CLI::App& app) -> CLI::App& {
    app.add_option("id", arguments->id, "Id of the request")->required();
    return app;
  };
  add(tree, group, "requests", "List who has asked for documents on the public page", arguments, list);
  named(add(tree, group, "request", "Show one request", arguments, show));
  CLI::App& approves = named(add(
      tree, group, "approve", "Give the document: mails the link, or shows it to be handed over", arguments, approve));
  approves.add_option("--days", arguments->days, "How long the link works: 1 to 30");
  approves.add_option("--downloads", arguments->downloads, "How many copies: 1 to 10");
  approves.add_option("--channel", arguments->channel, "Id of the channel to mail through");
  named(add(tree, group, "refuse", "Do not give the document; whoever asked is not told", arguments, refuse));
  named(add(tree, group, "revoke", "Take a link back", arguments, revoke));
  add(tree, group, "terms", "List the versions of the terms for documents", arguments, list_terms);
  CLI::App& publishes = add(tree, group, "publish-terms", "Put new terms in force", arguments, publish_terms);
  publishes.add_option("english", arguments->english, "File with the text in English")->required();
  publishes.add_option("japanese", arguments->japanese, "File with the text in Japanese")->required();
}

}  // namespace warder::cli
