// Where everybody may ask for documents, and get those that they were given: /trust/request and /trust/access/….
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/log.h"
#include "manager/net/http.h"
#include "manager/net/token_bucket.h"
#include "manager/tenancy/scope_maker.h"
#include "manager/trust/document_pages.h"
#include "manager/trust/document_requests.h"
#include "manager/trust/trust_center.h"

namespace warder::manager {

/// How often one network (an IPv4 address, an IPv6 /64) and all together may. Thread-safe.
class VisitorLimits {
 public:
  VisitorLimits(double per_hour, double burst, double all_per_hour, std::size_t max_networks = 10'000)
      : per_hour_(per_hour), burst_(burst), all_per_hour_(all_per_hour), max_networks_(max_networks) {}
  bool take(const IpAddress& peer, TokenBucket::Time now);

 private:
  const double per_hour_;
  const double burst_;
  const double all_per_hour_;
  const std::size_t max_networks_;
  std::mutex mutex_;  // guards both
  std::map<std::string, TokenBucket, std::less<>> networks_;
  std::optional<TokenBucket> all_;
};

using FormFields = std::map<std::string, std::string, std::less<>>;
/// Of a body that a browser's form makes (application/x-www-form-urlencoded). Invalid: as parse_target, or too long.
Result<FormFields> parse_form(std::string_view body);

/// Thread-safe.
class DocumentDesk {
 public:
  struct Parts {
    TrustCenter& center;
    DocumentRequests& requests;
    Tenants& tenants;
    const ScopeMaker& scopes;
    const host::Clock& clock;
    Log& log;
  };
  /// Told of each request that waits for an answer.
  using Told = std::function<void(const TenantScope&, const DocumentRequest&)>;
  DocumentDesk(const Parts& parts, Told told) : parts_(parts), told_(std::move(told)) {}

  /// Nothing for a path that is not its own.
  std::optional<HttpResponse> respond(const HttpRequest& request);

 private:
  struct Visit;  // a request, its language, and the scope of whoever is at the door
  Result<HttpResponse> answer(const Visit& visit);
  Result<HttpResponse> show_form(const Visit& visit, AskForm form, int status);
  Result<HttpResponse> take_form(const Visit& visit);
  Result<HttpResponse> answer_link(const Visit& visit, std::string_view rest);
  Result<HttpResponse> show_terms(const Visit& visit, const DocumentRequest& asked, std::string_view link,
                                  std::string_view problem);
  Result<HttpResponse> accept(const Visit& visit, const std::string& token);
  Result<HttpResponse> give(const Visit& visit, const std::string& token);
  [[nodiscard]] std::string stamp(const TenantScope& scope, Timestamp time) const;
  [[nodiscard]] bool is_stamp_good(const TenantScope& scope, std::string_view stamp) const;

  const Parts parts_;
  const Told told_;
  VisitorLimits asks_{10, 5, 120};
  VisitorLimits links_{120, 30, 3600};
};

}  // namespace warder::manager
