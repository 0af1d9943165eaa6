// Documents that are given to those who ask: somebody asks, a person of the operator's approves, the asker accepts the
// terms by a link, and gets so many copies until the link's end. What stands of a request follows from its record and
// the time alone.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/trust/evidence.h"

namespace warder::manager {

inline constexpr std::int64_t kMaxOpenRequests = 200;  // that wait for an answer
inline constexpr std::size_t kMaxTermsBytes = 20'000;  // in one language
inline constexpr std::int64_t kMaxLinkDays = 30;
inline constexpr std::int64_t kMaxDownloads = 10;
inline constexpr std::chrono::days kRequestsKept{400};  // then they are forgotten, with who asked
inline constexpr std::chrono::days kUnansweredKept{60};

/// Who asks, as they say themselves.
struct Asker {
  std::string name;
  std::string mail;
  std::string organisation;
  std::string reason;
  std::string language = "en";  // or "ja": of the mail and the pages
  friend bool operator==(const Asker&, const Asker&) = default;
};
/// Invalid, with the field: it is empty, too long, on more than one line, or no mail address.
Result<void> check_asker(const Asker& asker);

enum class RequestState : std::uint8_t { Asked, Refused, Approved, Accepted, Revoked, Expired, Used };
std::string_view name(RequestState state) noexcept;  // "asked" …

struct DocumentRequest {
  std::string id;
  std::int64_t number = 0;  // from 1: on every page of a copy
  std::string evidence;     // id of the record
  std::string title;        // of the document, when it was asked for
  Asker asker;
  Timestamp asked;
  bool is_refused = false;
  bool is_revoked = false;
  std::string decided_by;
  std::optional<Timestamp> decided;
  std::optional<Timestamp> expires;   // of the link
  std::optional<Timestamp> accepted;  // the terms
  std::int64_t terms = 0;             // which version of them; 0: none yet
  std::int64_t downloads = 0;
  std::int64_t downloads_allowed = 0;
  std::int64_t version = 1;

  [[nodiscard]] RequestState state(Timestamp now) const noexcept;
};

/// What an asker agrees to.
struct DocumentTerms {
  std::int64_t version = 0;  // from 1
  Timestamp since;
  std::string by;
  std::string en;
  std::string ja;
};

/// Who decides: as the audit log has them, and so that nobody answers themselves.
struct DocumentDecider {
  std::string username;
  std::string mail;  // empty: none is known
};

struct DocumentApproval {
  std::int64_t days = 7;
  std::int64_t downloads = 3;
};
struct ApprovedRequest {
  DocumentRequest request;
  std::string token;  // of the link; here and nowhere else, for only its hash is kept
};

/// What came of accepting: the browser that did it has the `device` from then on, and only there the link works.
struct AcceptedRequest {
  DocumentRequest request;
  std::string device;
};

/// Thread-safe; of the first tenant. Every step is an audit entry of the same transaction.
class DocumentRequests {
 public:
  DocumentRequests(Tenants& tenants, AuditLog& audit, EvidenceRegister& evidence, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), evidence_(evidence), clock_(clock) {}

  /// Nothing is noted, and nothing returned, when there is no such document on request, or when the same address
  /// already waits for it or has a link that works: who asks cannot tell. TooMany when too many wait.
  Result<std::optional<DocumentRequest>> ask(const TenantScope& scope, std::string_view evidence, const Asker& asker);
  /// Newest first.
  Result<std::vector<DocumentRequest>> list(const TenantScope& scope);
  Result<DocumentRequest> find(const TenantScope& scope, std::string_view id);

  /// Forbidden for the one who asked. Conflict: it was decided, the document does not hold any more, or there are no
  /// terms yet.
  Result<ApprovedRequest> approve(const TenantScope& scope, std::string_view id, const DocumentDecider& by,
                                  const DocumentApproval& approval);
  Result<DocumentRequest> refuse(const TenantScope& scope, std::string_view id, const DocumentDecider& by);
  /// From now on the link is dead. Conflict when there is none that works.
  Result<DocumentRequest> revoke(const TenantScope& scope, std::string_view id, const DocumentDecider& by);

  /// What a link is for. NotFound for every link that does not work, whyever: not made here, expired, used up, revoked,
  /// of a document that does not hold, accepted in another browser.
  Result<DocumentRequest> by_link(const TenantScope& scope, std::string_view token, std::string_view device);
  /// NotFound as by_link. Stale: these are not the terms in force. Forbidden: not the address that asked.
  Result<AcceptedRequest> accept(const TenantScope& scope, std::string_view token, std::int64_t terms,
                                 std::string_view mail);
  struct Copy {
    DocumentRequest request;
    std::string pdf;
  };
  /// One of the copies, marked. NotFound as by_link, also before the terms were accepted.
  Result<Copy> download(const TenantScope& scope, std::string_view token, std::string_view device);

  /// Newest first.
  Result<std::vector<DocumentTerms>> terms(const TenantScope& scope);
  /// Invalid: empty or too long.
  Result<DocumentTerms> publish_terms(const TenantScope& scope, const DocumentTerms& terms);

  /// Forgets old requests. Call it now and then.
  Result<void> prune(const TenantScope& scope);

 private:
  struct Stored;
  Result<Stored> read(const TenantScope& scope, const Row& row) const;
  Result<Stored> find_in(Db& db, const TenantScope& scope, std::string_view id) const;
  Result<Stored> linked_in(Db& db, const TenantScope& scope, std::string_view token, std::string_view device);
  Result<bool> is_known(Db& db, const TenantScope& scope, std::string_view evidence, const Asker& asker) const;
  Result<void> record(Db& db, const TenantScope& scope, std::string_view action, const DocumentRequest& request);

  Tenants& tenants_;
  AuditLog& audit_;
  EvidenceRegister& evidence_;
  const host::Clock& clock_;
};

/// The tables of config.db.
FeatureSchema document_requests_schema();

}  // namespace warder::manager
