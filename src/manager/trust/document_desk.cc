#include "manager/trust/document_desk.h"

#include <array>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "manager/net/target.h"

namespace warder::manager {
namespace {

constexpr std::string_view kAsk = "/trust/request";
constexpr std::string_view kLinks = "/trust/access/";
constexpr std::string_view kDeviceCookie = "__Secure-warder-document";
constexpr std::size_t kMaxFormBytes = 16 << 10;
constexpr std::chrono::seconds kLeastTimeToFillIn{2};  // nobody is faster
constexpr std::chrono::hours kFormLife{24};
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

HttpResponse html(int status, std::string text, PageLanguage language) {
  HttpResponse response;
  response.status = status;
  response.headers["content-type"] = "text/html; charset=utf-8";
  response.headers["content-language"] = language == PageLanguage::Japanese ? "ja" : "en";
  response.headers["content-security-policy"] = kPolicy;
  response.headers["cache-control"] = "no-store";
  response.body = std::move(text);
  return response;
}

HttpResponse message(int status, std::string_view which, PageLanguage language) {
  return html(status, message_page(which, language), language);
}

std::string text_of(const FormFields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : std::string(trim(found->second));
}

/// "/mail: is empty" is about "mail".
std::string field_of(const Error& error) {
  const std::size_t colon = error.message.find(':');
  if (!error.message.starts_with('/') || colon == std::string::npos) return "again";
  return error.message.substr(1, colon - 1);
}

std::string network_of(const IpAddress& peer) {
  if (peer.is_v4()) return peer.text();
  return to_hex(ByteView(peer.bytes()).first(8));
}

}  // namespace

bool VisitorLimits::take(const IpAddress& peer, TokenBucket::Time now) {
  const std::scoped_lock lock(mutex_);
  if (!all_) all_.emplace(all_per_hour_ / 3600, all_per_hour_, now);
  if (networks_.size() >= max_networks_)
    std::erase_if(networks_, [&](const auto& each) { return each.second.is_full(now); });
  const std::string network = network_of(peer);
  auto found = networks_.find(network);
  if (found == networks_.end()) {
    if (networks_.size() >= max_networks_) return false;
    found = networks_.emplace(network, TokenBucket(per_hour_ / 3600, burst_, now)).first;
  }
  return found->second.take(1, now) && all_->take(1, now);
}

Result<FormFields> parse_form(std::string_view body) {
  if (body.size() > kMaxFormBytes) return fail(ErrorCode::TooLarge, "the form is too long");
  // A form's body is a query in the place of a body, but that a fragment cannot end it.
  if (body.find('#') != std::string_view::npos) return fail(ErrorCode::Invalid, "not a form");
  return WD_TRY(parse_target("/?" + std::string(body))).query;
}

struct DocumentDesk::Visit {
  const HttpRequest& request;
  const TenantScope& scope;
  PageLanguage language;
  std::string device;
  [[nodiscard]] bool is_post() const { return request.method == "POST"; }
};

std::optional<HttpResponse> DocumentDesk::respond(const HttpRequest& request) {
  if (request.path != kAsk && !request.path.starts_with(kLinks)) return std::nullopt;
  const auto asked = request.query.find("lang");
  const PageLanguage language =
      page_language(request.header("accept-language"), asked == request.query.end() ? "" : asked->second);
  if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") {
    HttpResponse response = message(405, "unavailable", language);
    response.headers["allow"] = "GET, HEAD, POST";
    return response;
  }
  const auto first = parts_.center.scope();
  const auto scope = first ? parts_.scopes.make(first->tenant(), "visitor") : first;
  if (!scope) return message(503, "unavailable", language);
  auto response = answer({request, *scope, language, request.cookie(kDeviceCookie)});
  if (response) return std::move(*response);
  if (response.error().code == ErrorCode::NotFound) return message(404, "no-link", language);
  if (response.error().code == ErrorCode::TooMany) return message(429, "too-many", language);
  // Why is for the log of the one who operates it.
  parts_.log.warning("trust.document.failed", response.error().message);
  return message(503, "unavailable", language);
}

Result<HttpResponse> DocumentDesk::answer(const Visit& visit) {
  const HttpRequest& request = visit.request;
  const auto now = parts_.clock.steady_now();
  if (request.path == kAsk) {
    if (visit.is_post()) return take_form(visit);
    const auto document = request.query.find("document");
    AskForm form;
    if (document != request.query.end()) form.document = document->second;
    return show_form(visit, std::move(form), 200);
  }
  if (!links_.take(request.peer, now)) return fail(ErrorCode::TooMany, "too many links");
  return answer_link(visit, std::string_view(request.path).substr(kLinks.size()));
}

Result<HttpResponse> DocumentDesk::show_form(const Visit& visit, AskForm form, int status) {
  if (form.stamp.empty()) form.stamp = stamp(visit.scope, parts_.clock.now());
  // Without terms nothing can be given, so that there is nothing to ask for either.
  std::vector<EvidenceRecord> offered;
  if (!WD_TRY(parts_.requests.terms(visit.scope)).empty())
    offered = WD_TRY(parts_.center.evidence().on_request(visit.scope));
  return html(status, ask_page(offered, form, visit.language), visit.language);
}

Result<HttpResponse> DocumentDesk::take_form(const Visit& visit) {
  const auto fields = parse_form(visit.request.body);
  if (!fields) return show_form(visit, {.document = {}, .asker = {}, .stamp = {}, .problem = "again"}, 400);
  AskForm form{text_of(*fields, "document"),
               {text_of(*fields, "name"), text_of(*fields, "mail"), text_of(*fields, "organisation"),
                text_of(*fields, "reason"), text_of(*fields, "lang") == "ja" ? "ja" : "en"},
               text_of(*fields, "stamp"),
               {}};
  const Visit spoken{visit.request, visit.scope, page_language({}, form.asker.language), visit.device};
  if (!text_of(*fields, "website").empty()) return html(200, asked_page(spoken.language), spoken.language);
  if (const auto checked = check_asker(form.asker); !checked) form.problem = field_of(checked.error());
  if (form.problem.empty() && form.document.empty()) form.problem = "document";
  if (form.problem.empty() && !is_stamp_good(visit.scope, form.stamp)) {
    form.problem = "again";
    const std::size_t dot = form.stamp.find('.');
    const auto made = parse_integer<std::int64_t>(std::string_view(form.stamp).substr(0, dot));
    const bool is_early = made && *made * 1'000'000 + 2'000'000 > to_micros(parts_.clock.now());
    if (!is_early) form.stamp.clear();  // one who was too quick keeps the stamp
  }
  if (!form.problem.empty()) return show_form(spoken, std::move(form), 400);
  if (!asks_.take(visit.request.peer, parts_.clock.steady_now())) return fail(ErrorCode::TooMany, "too many forms");
  const auto asked = WD_TRY(parts_.requests.ask(visit.scope, form.document, form.asker));
  if (asked && told_) told_(visit.scope, *asked);
  return html(200, asked_page(spoken.language), spoken.language);
}

Result<HttpResponse> DocumentDesk::answer_link(const Visit& visit, std::string_view rest) {
  const std::size_t slash = rest.find('/');
  const std::string token{rest.substr(0, slash)};
  const std::string_view act = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  if (act == "accept" && visit.is_post()) return accept(visit, token);
  if (act == "document" && visit.is_post()) return give(visit, token);
  if (!act.empty() || visit.is_post()) return fail(ErrorCode::NotFound, "no such page");
  const DocumentRequest asked = WD_TRY(parts_.requests.by_link(visit.scope, token, visit.device));
  const std::string link = std::string(kLinks) + token;
  if (asked.accepted) return html(200, copies_page(asked, link, visit.language), visit.language);
  return show_terms(visit, asked, link, {});
}

Result<HttpResponse> DocumentDesk::show_terms(const Visit& visit, const DocumentRequest& asked, std::string_view link,
                                              std::string_view problem) {
  const auto terms = WD_TRY(parts_.requests.terms(visit.scope));
  if (terms.empty()) return fail(ErrorCode::Unavailable, "there are no terms");
  return html(problem.empty() ? 200 : 400, terms_page(asked, terms.front(), link, problem, visit.language),
              visit.language);
}

Result<HttpResponse> DocumentDesk::accept(const Visit& visit, const std::string& token) {
  const DocumentRequest asked = WD_TRY(parts_.requests.by_link(visit.scope, token, visit.device));
  const std::string link = std::string(kLinks) + token;
  const FormFields fields = parse_form(visit.request.body).value_or(FormFields{});
  const Visit spoken{visit.request, visit.scope, page_language({}, text_of(fields, "lang")), visit.device};
  const auto version = parse_integer<std::int64_t>(text_of(fields, "terms"));
  const auto accepted = parts_.requests.accept(visit.scope, token, version.value_or(0), text_of(fields, "mail"));
  if (!accepted && accepted.error().code == ErrorCode::Stale) return show_terms(spoken, asked, link, "terms");
  if (!accepted && accepted.error().code == ErrorCode::Forbidden) return show_terms(spoken, asked, link, "address");
  if (!accepted) return tl::unexpected(accepted.error());
  HttpResponse response = html(303, {}, spoken.language);
  response.headers["location"] = link + "?lang=" + (spoken.language == PageLanguage::Japanese ? "ja" : "en");
  response.headers["set-cookie"] = std::string(kDeviceCookie) + "=" + accepted->device + "; Path=" + link +
                                   "; Max-Age=" + std::to_string(kMaxLinkDays * 86'400) +
                                   "; Secure; HttpOnly; SameSite=Lax";
  return response;
}

Result<HttpResponse> DocumentDesk::give(const Visit& visit, const std::string& token) {
  auto copy = WD_TRY(parts_.requests.download(visit.scope, token, visit.device));
  HttpResponse response = html(200, std::move(copy.pdf), visit.language);
  response.headers["content-type"] = "application/pdf";
  response.headers["content-disposition"] =
      "attachment; filename=\"document-" + std::to_string(copy.request.number) + ".pdf\"";
  return response;
}

std::string DocumentDesk::stamp(const TenantScope& scope, Timestamp time) const {
  const std::string seconds = std::to_string(to_micros(time) / 1'000'000);
  const Bytes key = parts_.tenants.derive_key(scope, "trust: stamps of forms");
  return seconds + "." + to_hex(crypto::hmac_sha256(key, as_bytes(seconds)));
}

bool DocumentDesk::is_stamp_good(const TenantScope& scope, std::string_view stamp) const {
  const auto seconds = parse_integer<std::int64_t>(stamp.substr(0, stamp.find('.')));
  if (!seconds || *seconds < 0 || *seconds > 100'000'000'000) return false;
  const Timestamp made = from_micros(*seconds * 1'000'000);
  const std::string right = this->stamp(scope, made);
  const Timestamp now = parts_.clock.now();
  return crypto::equals_constant_time(as_bytes(right), as_bytes(stamp)) && now >= made + kLeastTimeToFillIn &&
         now < made + kFormLife;
}

}  // namespace warder::manager
