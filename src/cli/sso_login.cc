#include "cli/sso_login.h"

#include <ostream>

#include "base/bytes.h"
#include "base/random.h"
#include "base/uri.h"
#include "cli/command.h"
#include "cli/ticket_listener.h"
#include "crypto/hash.h"

namespace warder::cli {

namespace {

constexpr std::string_view kFirstTenant = "primary";
constexpr std::chrono::minutes kPatience{10};  // as long as the manager waits for the provider's answer

/// Where the browser begins.
Result<std::string> start_path(client::Client& client, const std::string& provider) {
  const std::size_t slash = provider.find('/');
  const std::string tenant(slash == std::string::npos ? kFirstTenant : std::string_view(provider).substr(0, slash));
  const std::string name = slash == std::string::npos ? provider : provider.substr(slash + 1);
  const std::string path = "/sso/" + percent_encode(tenant);
  const std::string id = WD_TRY(find_id(client, path + "/providers", "name", name));
  return "/api/v1" + path + "/" + id + "/start";
}

Result<std::string> ticket_from_browser(Session& session, const SsoChoice& choice, const std::string& url) {
  std::ostream& err = session.environment().err;
  if (choice.is_pasted || !choice.ticket_file.empty()) {
    err << "Open this address in a browser and log in there:\n  " << url << "\n" << std::flush;
    return read_secret(session, choice.ticket_file, "Code from the browser");
  }
  auto listener = WD_TRY(TicketListener::open());
  err << "Open this address in a browser on this computer and log in there:\n  " << url << "&port=" << listener.port()
      << "\n"
      << std::flush;
  return listener.wait(kPatience);
}

}  // namespace

Result<json::value> log_in_by_sso(Session& session, const Credentials& where, const SsoChoice& choice) {
  const auto client = WD_TRY(session.connect(where));
  const std::string verifier = to_base64url(random_bytes(32));
  const std::string challenge = to_base64url(crypto::sha256(as_bytes(verifier)));
  const std::string url = where.url + WD_TRY(start_path(*client, choice.provider)) + "?challenge=" + challenge;
  json::object body{{"ticket", json::string(WD_TRY(ticket_from_browser(session, choice, url)))},
                    {"verifier", json::string(verifier)}};
  json::value answer = WD_TRY(client->send("POST", "/sso/tokens", body));
  if (answer.is_object() && answer.get_object().contains("needs")) {
    body["code"] = json::string(WD_TRY(read_secret(session, choice.code_file, "Code of the second factor")));
    answer = WD_TRY(client->send("POST", "/sso/tokens", body));
  }
  return answer;
}

}  // namespace warder::cli
