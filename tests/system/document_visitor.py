"""Somebody at the public page who asks for a document, with a browser that has no scripts."""
import http.client
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request

from stack import wait_until

VISITOR = {"name": "山田 花子", "mail": "hanako@example.com", "organisation": "Example Ltd.", "reason": "Due diligence", "lang": "en"}


def pdf_of(text, pages=2):
    """A plain PDF, each page with a text of its own."""
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {pages}/Kids[{' '.join(f'{4 + 2 * i} 0 R' for i in range(pages))}]>>",
               "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    for i in range(pages):
        content = f"BT /F 12 Tf 72 700 Td ({text}, page {i + 1}) Tj ET"
        objects += [f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents {5 + 2 * i} 0 R>>",
                    f"<</Length {len(content)}>>\nstream\n{content}\nendstream"]
    made, places = b"%PDF-1.5\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{each}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    return made + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(made)}\n%%EOF\n".encode()


class Visitor:
    """A browser without scripts: it keeps cookies where they belong and follows no link by itself."""

    class StayHere(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    class From(urllib.request.HTTPSHandler):
        """From an address of its own: one address may not ask often."""

        def __init__(self, context, address):
            super().__init__(context=context)
            self.own, self.address = context, address

        def https_open(self, request):
            return self.do_open(lambda host, **more: http.client.HTTPSConnection(host, context=self.own, source_address=(self.address, 0), **more), request)

    def __init__(self, stack, address="127.0.0.1"):
        self.base = f"https://127.0.0.1:{stack.api_port}"
        context = ssl.create_default_context(cafile=str(stack.manager_data / "ca.pem"))
        self.opener = urllib.request.build_opener(self.From(context, address), self.StayHere())
        self.cookies = {}

    def visit(self, path, form=None):
        """Status, headers, body."""
        fields = urllib.parse.urlencode(form).encode() if form is not None else None
        cookies = "; ".join(pair for where, pair in self.cookies.items() if path.startswith(where))
        request = urllib.request.Request(self.base + path, fields, {"Cookie": cookies} if cookies else {})
        try:
            answer = self.opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body = answer.read()
            if answer.headers.get("Set-Cookie"):
                pair, *rest = answer.headers["Set-Cookie"].split("; ")
                self.cookies[next(each[5:] for each in rest if each.startswith("Path="))] = pair
            return answer.status, answer.headers, body

    def page(self, path):
        return self.visit(path)[2].decode()

    def ask(self, document, **other):
        """As somebody who takes their time."""
        stamp = re.search(r'name="stamp" value="([^"]+)"', self.page("/trust/request"))[1]
        form = {**VISITOR, "document": document, "stamp": stamp, "website": "", **other}
        return wait_until("the form was not filled in too quickly", lambda: (lambda got: got[2].decode() if got[0] == 200 else None)(self.visit("/trust/request", form)))
