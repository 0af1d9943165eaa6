#include "manager/trust/document_pages.h"

#include <algorithm>

#include "base/text.h"
#include "manager/trust/html.h"

namespace warder::manager {
namespace {

constexpr auto kWords = std::to_array<Words>({
    {"back", "Trust Center", "トラストセンター"},
    {"ask", "Ask for a document", "文書の請求"},
    {"ask-intro",
     "A person at the operator reads each request. When it is approved, you get a link to your work address. The copy "
     "that you get names you on every page. What you write here is kept for at most 400 days, and used for this alone.",
     "請求は運営者の担当者が確認します。承認されると、勤務先のメールアドレスにリンクが届きます。お渡しする文書には、"
     "各ページにあなたの名前が入ります。入力内容は最長400日間保管し、この目的にだけ使用します。"},
    {"document", "Document", "文書"},
    {"choose", "Please choose", "選択してください"},
    {"name", "Your name", "氏名"},
    {"mail", "Work mail address", "勤務先のメールアドレス"},
    {"organisation", "Organisation", "会社・組織名"},
    {"reason", "What you need it for", "利用目的"},
    {"leave-empty", "Leave this empty", "入力しないでください"},
    {"send", "Send", "送信"},
    {"problem-document", "Please choose a document.", "文書を選択してください。"},
    {"problem-name", "Please give your name, in one line.", "氏名を1行で入力してください。"},
    {"problem-mail", "Please give a mail address, like name@example.com.",
     "メールアドレスを name@example.com の形で入力してください。"},
    {"problem-organisation", "Please name your organisation, in one line.", "会社・組織名を1行で入力してください。"},
    {"problem-reason", "Please say what you need it for, in at most 500 characters.",
     "利用目的を500文字以内で入力してください。"},
    {"problem-again", "Please look at your entries and send them once more.",
     "入力内容を確認し、もう一度送信してください。"},
    {"asked", "Thank you", "受け付けました"},
    {"asked-text",
     "If the document can be given, a person decides about it, and you get a link by mail or from your contact. There "
     "is no other answer.",
     "提供できる文書であれば担当者が判断し、メールまたは担当者からリンクをお届けします。これ以外の回答はありません。"},
    {"terms", "Terms of use", "利用条件"},
    {"terms-for", "These terms hold for:", "対象の文書:"},
    {"version", "Version", "版"},
    {"accept-text",
     "To accept, type the mail address that the request was made with. From then on the link works in this browser "
     "only.",
     "同意する場合は、請求時のメールアドレスを入力してください。以後、このリンクはこのブラウザーでのみ有効です。"},
    {"accept", "I accept", "同意する"},
    {"problem-address", "The request was made with another address.", "請求時のメールアドレスと異なります。"},
    {"problem-terms", "The terms have changed. Please read them again.",
     "利用条件が変更されました。もう一度お読みください。"},
    {"get", "Download", "ダウンロード"},
    {"left", "Copies left", "残りの回数"},
    {"until", "The link works until", "リンクの有効期限"},
    {"no-link", "This link does not work", "このリンクは使用できません"},
    {"no-link-text", "It has ended, was used up or taken back, belongs to another browser, or never was.",
     "期限切れ、使用済み、取り消し済み、別のブラウザーのもの、または存在しないリンクです。"},
    {"too-many", "Too many requests", "リクエストが多すぎます"},
    {"too-many-text", "Please come back later.", "しばらくしてからもう一度お試しください。"},
    {"unavailable", "Not available now", "現在利用できません"},
    {"unavailable-text", "Please come back later.", "しばらくしてからもう一度お試しください。"},
});

class Page : public Html {
 public:
  Page(PageLanguage language, std::string_view title) : Html(kWords, language) {
    raw("<!doctype html>\n<html lang=\"").raw(code()).raw("\"><head><meta charset=\"utf-8\">");
    raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" "
        "content=\"noindex\"><title>");
    say(title).raw("</title><link rel=\"stylesheet\" href=\"/trust/style.css\"></head><body><header><nav><a href=\"");
    raw("/trust\">").say("back").raw("</a></nav><h1>").say(title).raw("</h1></header><main>\n");
  }
  std::string take() {
    raw("</main></body></html>\n");
    return Html::take();
  }

  Html& problem(std::string_view problem) {
    if (problem.empty()) return *this;
    return raw("<p role=\"alert\" class=\"problem\">").say("problem-" + std::string(problem)).raw("</p>\n");
  }
  Html& hidden(std::string_view name, std::string_view value) {
    return raw("<input type=\"hidden\" name=\"").raw(name).raw("\" value=\"").text(value).raw("\">");
  }
  /// A labelled line to fill in.
  Html& field(std::string_view name, std::string_view label, std::string_view type, std::string_view value,
              std::string_view most) {
    raw("<p><label for=\"").raw(name).raw("\">").say(label).raw("</label><br><input id=\"").raw(name);
    raw("\" name=\"").raw(name).raw("\" type=\"").raw(type).raw("\" maxlength=\"").raw(most);
    return raw("\" size=\"50\" required value=\"").text(value).raw("\"></p>\n");
  }
  Html& button(std::string_view label) { return raw("<p><button>").say(label).raw("</button></p></form>\n"); }
};

void choice(Page& page, std::span<const EvidenceRecord> offered, std::string_view chosen) {
  page.raw("<p><label for=\"document\">").say("document").raw("</label><br><select id=\"document\" name=\"document\" ");
  page.raw("required><option value=\"\">").say("choose").raw("</option>");
  for (const EvidenceRecord& each : offered) {
    page.raw("<option value=\"").text(each.id).raw(each.id == chosen ? "\" selected>" : "\">");
    page.text(each.title).raw("</option>");
  }
  page.raw("</select></p>\n");
}

}  // namespace

std::string ask_page(std::span<const EvidenceRecord> offered, const AskForm& form, PageLanguage language) {
  Page page(language, "ask");
  page.paragraph("ask-intro");
  page.problem(form.problem);
  page.raw("<form method=\"post\" action=\"/trust/request\">");
  page.hidden("lang", page.code());
  page.hidden("stamp", form.stamp);
  choice(page, offered, form.document);
  page.field("name", "name", "text", form.asker.name, "100");
  page.field("mail", "mail", "email", form.asker.mail, "254");
  page.field("organisation", "organisation", "text", form.asker.organisation, "100");
  page.field("reason", "reason", "text", form.asker.reason, "500");
  // For programs that fill in whatever there is; people do not see it.
  page.raw("<p class=\"unseen\" aria-hidden=\"true\"><label for=\"website\">").say("leave-empty").raw("</label>");
  page.raw("<input id=\"website\" name=\"website\" tabindex=\"-1\" autocomplete=\"off\"></p>\n");
  page.button("send");
  return page.take();
}

std::string asked_page(PageLanguage language) {
  Page page(language, "asked");
  page.paragraph("asked-text");
  return page.take();
}

std::string terms_page(const DocumentRequest& request, const DocumentTerms& terms, std::string_view link,
                       std::string_view problem, PageLanguage language) {
  Page page(language, "terms");
  page.raw("<p>").say("terms-for").raw(" <strong>").text(request.title).raw("</strong></p>\n<section class=\"terms\">");
  // Paragraphs are apart by an empty line, as in a mail.
  const std::string& content = language == PageLanguage::Japanese ? terms.ja : terms.en;
  page.raw("<p>");
  for (const std::string_view line : split(content, '\n')) {
    if (trim(line).empty())
      page.raw("</p><p>");
    else
      page.text(line).raw("<br>");
  }
  page.raw("</p></section>\n<p>").say("version").raw(" ").raw(std::to_string(terms.version)).raw(", ");
  page.time(terms.since).raw("</p>\n").paragraph("accept-text");
  page.problem(problem);
  page.raw("<form method=\"post\" action=\"").text(link).raw("/accept\">");
  page.hidden("lang", page.code());
  page.hidden("terms", std::to_string(terms.version));
  page.field("mail", "mail", "email", {}, "254");
  page.button("accept");
  return page.take();
}

std::string copies_page(const DocumentRequest& request, std::string_view link, PageLanguage language) {
  Page page(language, "document");
  page.raw("<p><strong>").text(request.title).raw("</strong></p>\n<p>").say("left").raw(": ");
  page.raw(std::to_string(request.downloads_allowed - request.downloads)).raw("</p>\n<p>").say("until").raw(" ");
  if (request.expires) page.time(*request.expires);
  page.raw("</p>\n<form method=\"post\" action=\"").text(link).raw("/document\">");
  page.button("get");
  return page.take();
}

std::string message_page(std::string_view message, PageLanguage language) {
  Page page(language, message);
  page.paragraph(std::string(message) + "-text");
  return page.take();
}

}  // namespace warder::manager
