// What everybody may see: /trust, /trust/measures, /trust/v1/status.json, /trust/v1/key and /.well-known/security.txt.
#pragma once

#include <array>
#include <boost/json.hpp>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "manager/net/http.h"
#include "manager/trust/measures.h"
#include "manager/trust/notice.h"
#include "manager/trust/page.h"
#include "manager/trust/status.h"

namespace warder::manager {

struct TrustSiteOptions {
  std::string security_contact;  // of security.txt: "mailto:security@example.com"; empty: there is no such file
  std::string base_url;          // where the page is; empty: not said
  boost::json::object notice{};  // the Data Collection Notice
  /// Whether documents can be asked for; empty: they cannot.
  std::function<bool()> gives_documents{};
};

/// Thread-safe. The page is made anew at most every few seconds, however many ask.
class TrustSite {
 public:
  TrustSite(TrustCenter& center, AuditLog& audit, const host::Clock& clock, TrustSiteOptions options)
      : center_(center), clock_(clock), options_(std::move(options)), status_(center, audit, clock) {}

  /// Nothing for a path that is not its own.
  std::optional<HttpResponse> respond(const HttpRequest& request);

 private:
  struct Kept {
    std::string text;
    Timestamp made;
  };
  Result<HttpResponse> answer(const HttpRequest& request);
  Result<std::string> page(PageLanguage language);
  Result<std::vector<NoticeVersion>> notice_versions();
  Result<std::string> notice_json();
  /// The list of measures, as page or JSON.
  Result<std::string> measures(std::optional<PageLanguage> language);
  /// A published document, by its hash.
  Result<HttpResponse> answer_document(std::string_view sha256);
  [[nodiscard]] std::string security_txt() const;

  TrustCenter& center_;
  const host::Clock& clock_;
  const TrustSiteOptions options_;
  TrustStatus status_;
  std::mutex mutex_;              // guards what follows
  std::array<Kept, 2> kept_;      // by language
  std::array<Kept, 3> measures_;  // likewise, and as JSON
};

}  // namespace warder::manager
