// The files that are drawn from a report's document. The same document gives the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace warder::manager {

/// One whole page without scripts and without anything from elsewhere, its policy (CSP) included: hash, query, time
/// range, tenant, for whom it was made and that it is limited to what they may see, then the tables. For screens and
/// for A4 paper. Corrupt when `document` is none.
Result<std::string> report_html(std::string_view document);

/// RFC 4180 in UTF-8: the same, the tables one after another, each after a line with its title. No cell is one that a
/// spreadsheet takes for a formula.
Result<std::string> report_csv(std::string_view document);

}  // namespace warder::manager
