// Text of directories: values inside search filters (RFC 4515) and distinguished names (RFC 4514), templates,
// identifiers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::manager {

/// For any bytes: the text that stands for just them in a filter.
std::string escape_filter_value(std::string_view value);
/// For any bytes: the text that stands for just them as a value in a distinguished name.
std::string escape_dn_value(std::string_view value);

struct TemplateValue {
  std::string_view name;
  std::string_view value;
};
/// The template with each "{name}" replaced by its value, escaped for a filter. Invalid when it names another one.
Result<std::string> fill_filter(std::string_view filter_template, const std::vector<TemplateValue>& values);
/// The same with "*", which is any value, in place of each "{…}".
std::string widen_filter(std::string_view filter_template);
/// Invalid unless libldap can send it.
Result<void> check_filter(std::string_view filter);

/// One spelling for the same name: RFC 4514 text with letters of ASCII in lower case. Invalid when it is none.
Result<std::string> normal_dn(std::string_view dn);

/// Of an objectGUID (MS-DTYP §2.3.4.2): "c4b0ba9c-…" of its 16 bytes; nothing for another count.
std::optional<std::string> guid_text(std::string_view bytes);
/// The SID (MS-DTYP §2.4.2.2) in the same domain whose last part is `relative`; nothing when `sid` is none.
std::optional<std::string> sibling_sid(std::string_view sid, std::uint32_t relative);

}  // namespace warder::manager
