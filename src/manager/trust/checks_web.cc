#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/tls_probe.h"
#include "manager/trust/checks.h"
#include "manager/trust/measures.h"
#include "manager/trust/notice.h"

namespace warder::manager {
namespace {

constexpr std::chrono::seconds kLimit{10};
constexpr std::size_t kMostBytes = 8 << 20;
constexpr std::string_view kForm = "/trust/request";
constexpr std::string_view kLinks = "/trust/access/";

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
};

Result<Answer> ask(const TrustEndpoint& endpoint, std::string_view path, std::string_view language = "en") {
  std::string request{"GET "};
  request.append(path).append(" HTTP/1.1\r\nhost: ").append(endpoint.at.text());
  request.append("\r\naccept-language: ").append(language).append("\r\nconnection: close\r\n");
  const std::string text =
      WD_TRY(crypto::exchange_over_tls(endpoint.at, request + "\r\n", kLimit, kMostBytes).in(endpoint.name));
  const std::size_t end = text.find("\r\n\r\n");
  const auto status =
      text.starts_with("HTTP/1.1 ") ? parse_integer<int>(std::string_view(text).substr(9, 3)) : std::nullopt;
  if (end == std::string::npos || !status)
    return fail(ErrorCode::Unavailable, endpoint.name + ": gives no answer for " + std::string(path));
  return Answer{*status, text.substr(0, end), text.substr(end + 4)};
}

std::string refused_text(const TrustEndpoint& endpoint, std::string_view path, const Answer& answer) {
  return endpoint.name + ": " + std::string(path) + " gives " + std::to_string(answer.status);
}

/// "/users/{id}" as a stranger would try it.
std::string filled(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t open = path.find('{');
    out.append(path.substr(0, open));
    if (open == std::string_view::npos) break;
    out.append("0190a5d0-0000-7000-8000-000000000000");
    const std::size_t close = path.find('}', open);
    path = close == std::string_view::npos ? std::string_view() : path.substr(close + 1);
  }
  return out;
}

bool is_public(const json::object& operation) {
  const json::value* security = find(operation, "security");
  return security != nullptr && security->is_array() && security->get_array().empty();
}

/// Only what reads: should one of them not refuse, nothing is done by asking.
Result<std::vector<std::string>> guarded_paths(const TrustEndpoint& endpoint) {
  const Answer answer = WD_TRY(ask(endpoint, "/api/v1/openapi.json"));
  const json::value contract = WD_TRY(parse_json(answer.body, kMostBytes).in("openapi.json"));
  if (!contract.is_object()) return fail(ErrorCode::Unavailable, "openapi.json is no object");
  std::vector<std::string> guarded;
  for (const auto& [path, methods] : *WD_TRY(get_object(contract.get_object(), "paths"))) {
    const json::value* get = methods.is_object() ? find(methods.get_object(), "get") : nullptr;
    if (get != nullptr && get->is_object() && !is_public(get->get_object()))
      guarded.push_back("/api/v1" + filled(std::string_view(path)));
  }
  return guarded;
}

/// What the page's links lead to, without what is a place on it.
std::vector<std::string> links_of(std::string_view page) {
  constexpr std::string_view kBegin = "href=\"";
  std::vector<std::string> links;
  for (std::size_t at = page.find(kBegin); at != std::string_view::npos; at = page.find(kBegin, at)) {
    at += kBegin.size();
    const std::string_view link = page.substr(at, page.find('"', at) - at);
    if (!link.starts_with('#')) links.emplace_back(link);
  }
  return links;
}

/// As a path of the same server; nothing for a link to another one.
std::optional<std::string> path_of(std::string_view link) {
  if (link.starts_with('?')) return "/trust" + std::string(link);
  if (link.starts_with('/') && !link.starts_with("//")) return std::string(link.substr(0, link.find('#')));
  return std::nullopt;
}

}  // namespace

Result<CheckOutcome> check_links(const CheckParts& parts, const std::stop_token& stop) {
  std::size_t count = 0;
  for (const TrustEndpoint& endpoint : parts.api) {
    const Answer page = WD_TRY(ask(endpoint, "/trust"));
    for (const std::string& link : links_of(page.body)) {
      if (stop.stop_requested()) return fail(ErrorCode::Unavailable, "was not finished");
      const auto path = path_of(link);
      if (!path) return failed(endpoint.name + ": " + link + " leads away, where nobody looks");
      const Answer answer = WD_TRY(ask(endpoint, *path));
      if (answer.status != 200) return failed(refused_text(endpoint, *path, answer));
      ++count;
    }
  }
  if (count == 0) return fail(ErrorCode::Unavailable, "no link was found");
  return passed(std::to_string(count) + " links lead somewhere");
}

Result<CheckOutcome> check_public_page(const CheckParts& parts, const std::stop_token& /*stop*/) {
  for (const TrustEndpoint& endpoint : parts.api) {
    for (const std::string_view language : {"en", "ja"}) {
      const Answer page = WD_TRY(ask(endpoint, "/trust", language));
      if (page.status != 200) return failed(refused_text(endpoint, "/trust", page));
      const std::string tag = "<html lang=\"" + std::string(language) + "\"";
      for (const std::string& part :
           {tag, std::string("id=\"compliance\""), std::string("id=\"privacy\""), std::string("id=\"security\"")})
        if (page.body.find(part) == std::string::npos) return failed(endpoint.name + ": /trust lacks " + part);
    }
  }
  return passed("it is there in both languages");
}

Result<CheckOutcome> check_documents(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const auto published = WD_TRY(parts.center.evidence().published(WD_TRY(parts.center.scope())));
  if (published.empty()) return fail(ErrorCode::Unavailable, "no document is published");
  for (const TrustEndpoint& endpoint : parts.api) {
    const Answer page = WD_TRY(ask(endpoint, "/trust"));
    for (const EvidenceRecord& record : published) {
      if (page.body.find(record.sha256) == std::string::npos)
        return failed(endpoint.name + ": the page lacks the hash of " + record.id);
      const Answer document = WD_TRY(ask(endpoint, "/trust/documents/" + record.sha256));
      if (document.status != 200) return failed(refused_text(endpoint, record.id, document));
      if (to_hex(crypto::sha256(as_bytes(document.body))) != record.sha256)
        return failed(endpoint.name + ": " + record.id + " is not what its hash says");
    }
  }
  return passed(std::to_string(published.size()) + " documents are what their hashes say");
}

std::string problem_of(const DocumentRequest& request) {
  if (request.downloads == 0) return {};
  const std::string which = "request " + std::to_string(request.number);
  if (request.decided_by.empty() || !request.decided || request.is_refused) return which + " was approved by nobody";
  if (!request.accepted || request.terms == 0) return which + " was accepted by nobody";
  if (request.downloads > request.downloads_allowed) return which + " has more copies than were allowed";
  if (!request.expires || *request.expires > *request.decided + std::chrono::days(kMaxLinkDays))
    return which + " has a link that lasts too long";
  return {};
}

Result<CheckOutcome> check_documents_on_request(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope first = WD_TRY(parts.center.scope());
  for (const DocumentRequest& request : WD_TRY(parts.document_requests.list(first)))
    if (const std::string problem = problem_of(request); !problem.empty()) return failed(problem);
  const auto offered = WD_TRY(parts.center.evidence().on_request(first));
  if (offered.empty()) return fail(ErrorCode::Unavailable, "there is no document on request");
  if (WD_TRY(parts.document_requests.terms(first)).empty())
    return failed("there are no terms, so nothing can be given");
  for (const TrustEndpoint& endpoint : parts.api) {
    const Answer form = WD_TRY(ask(endpoint, kForm));
    if (form.status != 200) return failed(refused_text(endpoint, kForm, form));
    const std::string made_up = std::string(kLinks) + to_hex(random_bytes(32));
    if (WD_TRY(ask(endpoint, made_up)).status == 200) return failed(endpoint.name + ": a link that nobody gave works");
    for (const EvidenceRecord& record : offered) {
      if (form.body.find(record.id) == std::string::npos)
        return failed(endpoint.name + ": the form lacks " + record.id);
      if (WD_TRY(ask(endpoint, "/trust/documents/" + record.sha256)).status == 200)
        return failed(endpoint.name + ": everybody gets " + record.id);
    }
  }
  return passed(std::to_string(offered.size()) + " documents are given on request, and only then");
}

Result<CheckOutcome> check_notice(const CheckParts& parts, const std::stop_token& /*stop*/) {
  constexpr std::string_view kPath = "/trust/v1/notice.json";
  const json::object own = make_notice(parts.tenants.tenant_schemas(), parts.tenants.control_schemas());
  for (const TrustEndpoint& endpoint : parts.api) {
    const Answer answer = WD_TRY(ask(endpoint, kPath));
    if (answer.status != 200) return failed(refused_text(endpoint, kPath, answer));
    const json::value shown = WD_TRY(parse_json(answer.body, kMostBytes).in("notice.json"));
    const json::value* const notice = shown.is_object() ? find(shown.get_object(), "notice") : nullptr;
    if (notice == nullptr || *notice != own) return failed(endpoint.name + ": the notice says something else");
  }
  return passed("the notice says what the program's declarations say");
}

Result<CheckOutcome> check_measures(const CheckParts& parts, const std::stop_token& /*stop*/) {
  constexpr std::string_view kPath = "/trust/v1/measures.json";
  const json::object own = make_measures(parts.center.commitments(), parts.center.checks());
  for (const TrustEndpoint& endpoint : parts.api) {
    const Answer answer = WD_TRY(ask(endpoint, kPath));
    if (answer.status != 200) return failed(refused_text(endpoint, kPath, answer));
    const json::value shown = WD_TRY(parse_json(answer.body, kMostBytes).in("measures.json"));
    const auto bare = shown.is_object() ? without_states(shown.get_object())
                                        : Result<json::object>(fail(ErrorCode::Invalid, "is no object"));
    if (!bare || *bare != own) return failed(endpoint.name + ": the list of measures is not that of the promises");
  }
  return passed("the list has each measure with its state");
}

Result<CheckOutcome> check_security_txt(const CheckParts& parts, const std::stop_token& /*stop*/) {
  constexpr std::string_view kPath = "/.well-known/security.txt";
  for (const TrustEndpoint& endpoint : parts.api) {
    const Answer answer = WD_TRY(ask(endpoint, kPath));
    if (answer.status != 200) return failed(refused_text(endpoint, kPath, answer));
    if (answer.body.find("Contact: ") == std::string::npos) return failed("security.txt names no contact");
    const std::size_t at = answer.body.find("Expires: ");
    if (at == std::string::npos) return failed("security.txt does not say until when it holds");
    const std::string_view line = std::string_view(answer.body).substr(at + 9);
    const auto expires = parse_rfc3339(line.substr(0, line.find_first_of("\r\n")));
    if (!expires || *expires <= parts.clock.now()) return failed("security.txt has expired");
  }
  return passed("it names a contact and holds");
}

Result<CheckOutcome> check_strangers(const CheckParts& parts, const std::stop_token& stop) {
  const auto paths = WD_TRY(guarded_paths(parts.api.front()));
  if (paths.empty()) return fail(ErrorCode::Unavailable, "the contract names no guarded operation");
  for (const TrustEndpoint& endpoint : parts.api) {
    for (const std::string& path : paths) {
      if (stop.stop_requested()) return fail(ErrorCode::Unavailable, "was not finished");
      const Answer answer = WD_TRY(ask(endpoint, path));
      if (answer.status != 401 && answer.status != 403) return failed(refused_text(endpoint, path, answer));
    }
  }
  return passed(std::to_string(paths.size()) + " operations refuse");
}

}  // namespace warder::manager
