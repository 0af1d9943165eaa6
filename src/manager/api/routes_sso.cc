// Single sign-on as browsers and command lines meet it: off to the provider and back.
#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/api/authentication.h"
#include "manager/api/list_page.h"
#include "manager/api/passkey_json.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_identity.h"
#include "manager/sso/oidc_login.h"

namespace warder::manager {

namespace {

constexpr std::string_view kCookie = "__Host-warder-sso";

/// Lax: it comes back with the navigation from the provider's site. What begins a session is for this site alone.
std::string sso_cookie(std::string_view value, std::string_view same_site) {
  std::string cookie = std::string(kCookie).append("=").append(value);
  cookie.append("; Path=/; Secure; HttpOnly; SameSite=").append(same_site);
  return cookie.append(value.empty() ? "; Max-Age=0" : "; Max-Age=600");
}

Result<ProviderPlace> place_of(const ApiRequest& request) {
  return ProviderPlace{request.path_parameter("tenant"),
                       WD_TRY(parse_id<IdentityProviderId>(request.path_parameter("provider")))};
}

/// Where people come back to. The provider knows the addresses that it sends to, so a forged Host leads nowhere.
Result<std::string> callback_of(const ApiRequest& request, const std::string& console_url) {
  std::string base = console_url;
  while (base.ends_with('/')) base.pop_back();
  if (base.empty()) {
    const std::string_view host = request.http.header("host");
    const bool is_plain = !host.empty() && std::ranges::all_of(host, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
             c == ':' || c == '[' || c == ']';
    });
    if (!is_plain) return fail(ErrorCode::Invalid, "Host: not the name of this manager");
    base = std::string("https://").append(host);
  }
  return base + "/api/v1/sso/" + request.path_parameter("tenant") + "/" + request.path_parameter("provider") +
         "/callback";
}

ApiResponse redirect(std::string location, std::string cookie) {
  ApiResponse response;
  response.status = 302;
  response.headers["location"] = std::move(location);
  response.headers["set-cookie"] = std::move(cookie);
  return response;
}

Result<ApiResponse> start(OidcLogin& login, const ApiRequest& request, const std::string& console_url) {
  SsoStart start;
  start.callback = WD_TRY(callback_of(request, console_url));
  start.challenge = request.query("challenge").value_or("");
  start.port = static_cast<std::uint16_t>(request.query_int("port"));
  SsoDeparture departure = WD_TRY(login.start(WD_TRY(place_of(request)), start));
  return redirect(std::move(departure.location), sso_cookie(departure.cookie, "Lax"));
}

struct PageTexts {
  std::string_view language;
  std::string_view title;
  std::string_view warning;
  std::string_view go_on;
  std::string_view carry_over;
};
constexpr PageTexts kEnglish = {"en", "Log in the command line",
                                "Go on only if you yourself have just run \"warder login\" on this computer.", "Go on",
                                "Or paste this code where \"warder login\" asks for it:"};
constexpr PageTexts kJapanese = {"ja", "コマンドラインのログイン",
                                 "このコンピューターで自分が今「warder login」を実行した場合にのみ続けてください。",
                                 "続ける", "または、「warder login」が尋ねたら次のコードを貼り付けてください:"};

/// Somebody must press a button: whoever is led here by another's link would otherwise log in that other. The ticket
/// has only letters that need no escaping.
ApiResponse command_line_page(const SsoArrival& arrival, std::string_view locale) {
  const PageTexts& texts = locale == "ja" ? kJapanese : kEnglish;
  std::string page = "<!doctype html><html lang=\"" + std::string(texts.language) +
                     "\"><meta charset=\"utf-8\"><title>" + std::string(texts.title) + "</title><h1>" +
                     std::string(texts.title) + "</h1><p>" + std::string(texts.warning) + "</p>";
  if (arrival.port != 0) {
    page += "<p><a href=\"http://127.0.0.1:" + std::to_string(arrival.port) + "/?ticket=" + arrival.ticket + "\">" +
            std::string(texts.go_on) + "</a></p>";
  }
  page += "<p>" + std::string(texts.carry_over) + "</p><p><code>" + arrival.ticket + "</code></p></html>\n";
  ApiResponse response;
  response.headers["content-type"] = "text/html; charset=utf-8";
  response.headers["set-cookie"] = sso_cookie({}, "Lax");
  response.raw_body = std::move(page);
  return response;
}

/// What the login page is told; it has words for each.
std::string_view outcome_of(const Error& error) {
  if (error.code == ErrorCode::Forbidden) return "cancelled";
  if (error.code == ErrorCode::Unauthenticated) return "failed";
  return "unavailable";
}

Result<ApiResponse> finish(OidcLogin& login, const ApiRequest& request) {
  const std::string cookie = request.http.cookie(kCookie);
  const auto arrival = login.finish(WD_TRY(place_of(request)), request.http.query, cookie, request.http.peer);
  if (!arrival) {
    if (arrival.error().code == ErrorCode::Internal) return fail(arrival.error());
    return redirect("/login?sso=" + std::string(outcome_of(arrival.error())), sso_cookie({}, "Lax"));
  }
  if (arrival->is_command_line) return command_line_page(*arrival, request.locale());
  return redirect("/login?sso=continue", sso_cookie(arrival->ticket, "Strict"));
}

Result<ApiResponse> begin_session(Identity& identity, OidcLogin& login, const ApiRequest& request) {
  const std::string ticket = request.http.cookie(kCookie);
  const json::object& body = request.body.as_object();
  SsoSecondProof second{text_in(body, "code")};
  if (const json::value* passkey = find(body, "passkey")) second.passkey = assertion_in(passkey->as_object());
  second.certificate = request.http.shown_certificate;
  return session_answer(identity, WD_TRY(login.begin_session(ticket, std::nullopt, second, request.http.peer)));
}

Result<ApiResponse> create_token(Identity& identity, OidcLogin& login, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  return token_answer(identity, WD_TRY(login.begin_session(text_in(body, "ticket"), text_in(body, "verifier"),
                                                           {text_in(body, "code"), {}, request.http.shown_certificate},
                                                           request.http.peer)));
}

Result<ApiResponse> list_choices(OidcLogin& login, const ApiRequest& request) {
  return list_page(
      request, WD_TRY(login.choices(request.path_parameter("tenant"))),
      [](const IdentityProvider& provider) { return provider.id.text(); },
      [](const IdentityProvider& provider) {
        return json::object{{"id", provider.id.text()}, {"name", provider.name}, {"kind", provider.kind}};
      });
}

}  // namespace

void add_sso_routes(Routes& routes, Identity& identity, OidcLogin& login, const std::string& console_url) {
  routes.add("listLoginProviders", [&login](const ApiRequest& request) { return list_choices(login, request); });
  routes.add("startSso",
             [&login, console_url](const ApiRequest& request) { return start(login, request, console_url); });
  routes.add("finishSso", [&login](const ApiRequest& request) { return finish(login, request); });
  routes.add("beginSsoSession",
             [&identity, &login](const ApiRequest& request) { return begin_session(identity, login, request); });
  routes.add("createSsoToken",
             [&identity, &login](const ApiRequest& request) { return create_token(identity, login, request); });
}

}  // namespace warder::manager
