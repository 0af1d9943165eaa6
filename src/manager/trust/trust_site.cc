#include "manager/trust/trust_site.h"

#include <algorithm>

#include "base/json.h"
#include "crypto/hash.h"

namespace warder::manager {
namespace {

constexpr std::chrono::seconds kAtMostEvery{5};
constexpr std::string_view kDocuments = "/trust/documents/";
constexpr std::size_t kHistoryShown = 100;
constexpr std::chrono::days kContactLife{90};
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors "
    "'none'";

HttpResponse plain(int status, std::string type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers["content-type"] = std::move(type);
  response.headers["content-security-policy"] = kPolicy;
  response.headers["cache-control"] = status == 200 ? "public, max-age=60" : "no-store";
  response.body = std::move(body);
  return response;
}

bool is_own(std::string_view path) {
  return path == "/trust" || path.starts_with("/trust/") || path == "/.well-known/security.txt";
}

}  // namespace

std::optional<HttpResponse> TrustSite::respond(const HttpRequest& request) {
  if (!is_own(request.path)) return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = plain(405, "text/plain; charset=utf-8", "only to be read\n");
    response.headers["allow"] = "GET, HEAD";
    return response;
  }
  auto response = answer(request);
  // Why is for the log of the one who operates it, not for everybody.
  if (!response) return plain(503, "text/plain; charset=utf-8", "the status is not available now\n");
  return std::move(*response);
}

Result<HttpResponse> TrustSite::answer(const HttpRequest& request) {
  const std::string& path = request.path;
  const bool is_page = path == "/trust" || path == "/trust/";
  const bool is_measures = path == "/trust/measures";
  if (is_page || is_measures || path == "/trust/notice") {
    const auto asked = request.query.find("lang");
    const PageLanguage language =
        page_language(request.header("accept-language"), asked == request.query.end() ? "" : asked->second);
    std::string text = is_page       ? WD_TRY(page(language))
                       : is_measures ? WD_TRY(measures(language))
                                     : notice_page(options_.notice, WD_TRY(notice_versions()), language);
    HttpResponse response = plain(200, "text/html; charset=utf-8", std::move(text));
    response.headers["vary"] = "accept-language";
    response.headers["content-language"] = language == PageLanguage::Japanese ? "ja" : "en";
    return response;
  }
  if (path == "/trust/style.css") return plain(200, "text/css; charset=utf-8", std::string(trust_style()));
  if (path == "/trust/live.js") return plain(200, "text/javascript; charset=utf-8", std::string(trust_script()));
  if (path == "/trust/verify.js") return plain(200, "text/javascript; charset=utf-8", std::string(trust_verifier()));
  if (path == "/trust/v1/notice.json") return plain(200, "application/json", WD_TRY(notice_json()));
  if (path == "/trust/v1/measures.json") return plain(200, "application/json", WD_TRY(measures(std::nullopt)));
  if (path.starts_with(kDocuments)) return answer_document(path.substr(kDocuments.size()));
  if (path == "/trust/v1/status.json") return plain(200, "application/json", WD_TRY(status_.text()));
  if (path == "/trust/v1/key") return plain(200, "text/plain; charset=utf-8", WD_TRY(status_.key()).text() + "\n");
  if (path == "/.well-known/security.txt" && !options_.security_contact.empty())
    return plain(200, "text/plain; charset=utf-8", security_txt());
  return plain(404, "text/plain; charset=utf-8", "there is no such page\n");
}

Result<std::vector<NoticeVersion>> TrustSite::notice_versions() {
  const std::string digest = to_hex(crypto::sha256(as_bytes(json::serialize(options_.notice))));
  return center_.store().notice_versions(WD_TRY(center_.scope()), digest);
}

Result<std::string> TrustSite::notice_json() {
  const NoticeVersion version = WD_TRY(notice_versions()).front();
  return json::serialize(json::object{{"format", 1},
                                      {"version", version.number},
                                      {"since", to_rfc3339(version.since)},
                                      {"digest", version.digest},
                                      {"notice", options_.notice}});
}

Result<std::string> TrustSite::measures(std::optional<PageLanguage> language) {
  const std::scoped_lock lock(mutex_);
  Kept& kept = measures_.at(language ? static_cast<std::size_t>(*language) : 2);
  const Timestamp now = clock_.now();
  if (!kept.text.empty() && now >= kept.made && now < kept.made + kAtMostEvery) return kept.text;
  const MeasuresNow list = WD_TRY(measures_now(center_));
  kept = {language ? measures_page(list, *language) : json::serialize(to_json(list)), now};
  return kept.text;
}

Result<HttpResponse> TrustSite::answer_document(std::string_view sha256) {
  const TenantScope scope = WD_TRY(center_.scope());
  const auto published = WD_TRY(center_.evidence().published(scope));
  const auto found = std::ranges::find(published, sha256, &EvidenceRecord::sha256);
  if (found == published.end()) return plain(404, "text/plain; charset=utf-8", "there is no such document\n");
  HttpResponse response =
      plain(200, "application/octet-stream", WD_TRY(center_.evidence().attachment(scope, found->id)));
  response.headers["content-disposition"] = "attachment";
  response.headers["x-content-type-options"] = "nosniff";
  return response;
}

Result<std::string> TrustSite::page(PageLanguage language) {
  const std::scoped_lock lock(mutex_);
  Kept& kept = kept_.at(static_cast<std::size_t>(language));
  const Timestamp now = clock_.now();
  if (!kept.text.empty() && now >= kept.made && now < kept.made + kAtMostEvery) return kept.text;
  const TrustSnapshot snapshot = WD_TRY(center_.snapshot());
  const auto history = WD_TRY(center_.store().history(WD_TRY(center_.scope()), kHistoryShown));
  const auto published = WD_TRY(center_.evidence().published(WD_TRY(center_.scope())));
  std::vector<EvidenceRecord> on_request;
  if (options_.gives_documents && options_.gives_documents())
    on_request = WD_TRY(center_.evidence().on_request(WD_TRY(center_.scope())));
  kept = {trust_page({snapshot, center_.checks(), history, published, language, on_request}), now};
  return kept.text;
}

/// RFC 9116.
std::string TrustSite::security_txt() const {
  const auto day = std::chrono::floor<std::chrono::days>(clock_.now() + kContactLife);
  std::string text = "Contact: " + options_.security_contact + "\n";
  text.append("Expires: ").append(to_rfc3339(Timestamp{day})).append("\n");
  text.append("Preferred-Languages: en, ja\n");
  if (!options_.base_url.empty()) {
    text.append("Canonical: ").append(options_.base_url).append("/.well-known/security.txt\n");
    text.append("Policy: ").append(options_.base_url).append("/trust\n");
  }
  return text;
}

}  // namespace warder::manager
