// The words of reports, in English and Japanese.
#pragma once

#include <string>
#include <string_view>

namespace warder::manager {

/// In the language ("en", "ja"); the key itself when it is no word of reports.
std::string_view report_word(std::string_view key, std::string_view language);
/// The same with what is in {braces} put in: "limited to what {name} may see".
std::string report_sentence(std::string_view key, std::string_view language, std::string_view place,
                            std::string_view value);

}  // namespace warder::manager
