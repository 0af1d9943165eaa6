// The Trust Center's page: plain HTML that needs no script.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "manager/trust/trust_center.h"

namespace warder::manager {

enum class PageLanguage : std::uint8_t { English, Japanese };
/// What Accept-Language likes best of the two; English when it names neither. `asked`: the query's "lang", which wins.
PageLanguage page_language(std::string_view accept_language, std::string_view asked);

struct PageInput {
  const TrustSnapshot& snapshot;
  std::span<const Check> checks;
  std::span<const StateChange> history;  // the newest first
  std::span<const EvidenceRecord> published{};
  PageLanguage language = PageLanguage::English;
  std::span<const EvidenceRecord> on_request{};
};
std::string trust_page(const PageInput& input);

/// A state or a reason, as the page says it.
std::string_view trust_word(std::string_view key, PageLanguage language);

/// Beside the page, as files of their own: the policy of the page allows nothing inline.
std::string_view trust_style() noexcept;
/// live.js and verify.js.
std::string_view trust_script() noexcept;
std::string_view trust_verifier() noexcept;

}  // namespace warder::manager
