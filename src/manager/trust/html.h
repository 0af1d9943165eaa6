// Plain HTML of the Trust Center's public pages, in English or Japanese: built in one pass, with all that is not markup
// escaped.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "manager/trust/page.h"

namespace warder::manager {

struct Words {
  std::string_view key;
  std::string_view en;
  std::string_view ja;
};

/// A page to be written; what is given to `raw` is markup, all else is text.
class Html {
 public:
  /// `words` must outlive it.
  Html(std::span<const Words> words, PageLanguage language) : words_(words), language_(language) {}
  [[nodiscard]] std::string take() { return std::move(out_); }

  Html& raw(std::string_view markup);
  Html& text(std::string_view content);
  Html& say(std::string_view key) { return text(word(key)); }
  Html& paragraph(std::string_view key) { return raw("<p>").say(key).raw("</p>\n"); }
  /// To the minute: nobody needs more.
  Html& time(Timestamp at);

  /// In the page's language; the key itself when it is no word.
  [[nodiscard]] std::string_view word(std::string_view key) const;
  [[nodiscard]] bool is_japanese() const noexcept { return language_ == PageLanguage::Japanese; }
  /// "en" or "ja".
  [[nodiscard]] std::string_view code() const noexcept { return is_japanese() ? "ja" : "en"; }

 private:
  std::span<const Words> words_;
  PageLanguage language_;
  std::string out_;
};

}  // namespace warder::manager
