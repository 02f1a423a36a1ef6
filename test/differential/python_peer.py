"""Answers questions about mail authentication by the Python packages of Debian: one JSON line each, on standard input.

Nothing is asked of the network: each question brings its own DNS, as `zone`.
"""
import json
import logging
import sys
import time
import warnings

warnings.simplefilter('ignore')

import authheaders  # noqa: E402
import authheaders.dmarc_lookup  # noqa: E402
import authres  # noqa: E402
import dkim  # noqa: E402
import dns.exception  # noqa: E402
import dns.resolver  # noqa: E402
import spf  # noqa: E402

ALIASES = 12


class Zone:
    """A whole DNS as one literal: by type, then by name, the data in text form."""

    def __init__(self, literal):
        self.names = {}
        self.failing = set()
        for kind, entries in literal.items():
            if kind in ('fail', 'timeout'):
                self.failing.update(entries)
            elif kind != 'empty':
                for name, texts in entries.items():
                    listed = [texts] if isinstance(texts, str) else texts
                    self.names[(kind, name.lower().rstrip('.'))] = listed

    def ask(self, name, kind):
        """Data in text form, at the end of the aliases. Raises TimeoutError where nothing answers."""
        name, kind = name.lower().rstrip('.'), kind.lower()
        for _ in range(ALIASES):
            if '%s %s' % (kind, name) in self.failing:
                raise TimeoutError(name)
            if (kind, name) in self.names:
                return self.names[(kind, name)]
            if ('cname', name) not in self.names:
                return []
            name = self.names[('cname', name)][0].lower().rstrip('.')
        raise TimeoutError(name)


zone = Zone({})


def spf_lookup(name, qtype, strict=True, timeout=20):
    try:
        found = zone.ask(name, qtype)
    except TimeoutError as error:
        raise spf.TempError('DNS timeout of %s' % error)
    if qtype == 'TXT':
        return [((name, qtype), [text.encode('latin-1')]) for text in found]
    if qtype == 'MX':
        pairs = [text.split(' ') for text in found]
        return [((name, qtype), (int(preference), host)) for preference, host in pairs]
    if qtype == 'PTR':
        return [((name, qtype), text.rstrip('.')) for text in found]
    return [((name, qtype), text) for text in found]


spf.DNSLookup = spf_lookup


def answer_spf(given):
    try:
        query = spf.query(i=given['ip'], s=given['sender'], h=given['helo'], receiver=given['receiver'], querytime=0)
        query.t = str(given['now'])
        query.set_default_explanation('DEFAULT')
        result, _, text = query.check()
    except Exception as error:
        return {'result': 'exception', 'text': '%s: %s' % (type(error).__name__, error), 'explanation': None}
    told = text if result == 'fail' and text != 'DEFAULT' else None
    return {'result': result, 'text': text, 'explanation': told}


def key_text(name, timeout=5):
    text = name.decode('utf-8') if isinstance(name, bytes) else name
    try:
        found = zone.ask(text, 'txt')
    except TimeoutError as error:
        raise dkim.DnsTimeoutError('DNS timeout of %s' % error)
    return found[0].encode('latin-1') if found else None


def set_clock(given):
    time.time = lambda: given['now']


def answer_dkim(given):
    set_clock(given)
    message = given['message'].encode('latin-1')
    try:
        verifier = dkim.DKIM(message)
    except Exception as error:
        return {'fault': '%s: %s' % (type(error).__name__, error), 'results': []}
    count = len([name for name, _ in verifier.headers if name.lower() == b'dkim-signature'])
    results = []
    for index in range(count):
        try:
            passes = bool(dkim.DKIM(message).verify(idx=index, dnsfunc=key_text))
            results.append({'passes': passes, 'text': ''})
        except Exception as error:
            results.append({'passes': False, 'text': '%s: %s' % (type(error).__name__, error)})
    return {'fault': None, 'results': results}


def answer_dkim_sign(given):
    set_clock(given)
    try:
        field = dkim.sign(
            given['message'].encode('latin-1'),
            given['selector'].encode('ascii'),
            given['domain'].encode('ascii'),
            given['key'].encode('ascii'),
            canonicalize=tuple(form.encode('ascii') for form in given['forms']),
            signature_algorithm=given['algorithm'].encode('ascii'),
        )
    except Exception as error:
        return {'fields': [], 'text': '%s: %s' % (type(error).__name__, error)}
    return {'fields': [field.decode('latin-1')], 'text': ''}


def answer_arc_sign(given):
    set_clock(given)
    try:
        fields = dkim.ARC(given['message'].encode('latin-1')).sign(
            given['selector'].encode('ascii'),
            given['domain'].encode('ascii'),
            given['key'].encode('ascii'),
            given['service'].encode('ascii'),
        )
    except Exception as error:
        return {'fields': [], 'text': '%s: %s' % (type(error).__name__, error)}
    return {'fields': [field.decode('latin-1') for field in fields], 'text': ''}


def answer_arc(given):
    set_clock(given)
    try:
        status, _, reason = dkim.ARC(given['message'].encode('latin-1')).verify(dnsfunc=key_text)
    except Exception as error:
        return {'result': 'exception', 'text': '%s: %s' % (type(error).__name__, error)}
    # A chain that ended with cv=fail has no status here; RFC 8617 s5.2 calls it failed.
    return {'result': 'fail' if status is None else status.decode('ascii'), 'text': reason}


class Text:
    """One TXT record in the form that authheaders reads."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return '"%s"' % self.text


def dmarc_query(name, qtype='TXT'):
    try:
        found = zone.ask(name, qtype)
    except TimeoutError:
        raise dns.exception.Timeout()
    if not found:
        raise dns.resolver.NXDOMAIN()
    return [Text(text) if qtype == 'TXT' else text for text in found]


authheaders.dmarc_lookup.query = dmarc_query
# The list of public suffixes is read anew for every name otherwise.
read_suffixes = authheaders.dmarc_lookup.PublicSuffixList
suffixes = []


def suffix_list(file):
    if not suffixes:
        suffixes.append(read_suffixes(file))
    return suffixes[0]


authheaders.dmarc_lookup.PublicSuffixList = suffix_list


def answer_dmarc(given):
    spf_result = dkim_result = None
    if given['spf'] is not None:
        spf_result = authres.SPFAuthenticationResult(result='pass', smtp_mailfrom='user@' + given['spf'])
    if given['dkim'] is not None:
        dkim_result = authres.DKIMAuthenticationResult(result='pass', header_d=given['dkim'].lower())
    try:
        result, comment, _, policy = authheaders.dmarc_per_from(given['author'].lower(), spf_result, dkim_result)
    except dns.exception.Timeout:
        return {'result': 'temperror', 'policy': None, 'text': 'timeout'}
    except Exception as error:
        return {'result': 'exception', 'policy': None, 'text': '%s: %s' % (type(error).__name__, error)}
    return {'result': result, 'policy': policy or None, 'text': comment}


ANSWERS = {
    'spf': answer_spf,
    'dkim': answer_dkim,
    'dkim-sign': answer_dkim_sign,
    'arc': answer_arc,
    'arc-sign': answer_arc_sign,
    'dmarc': answer_dmarc,
}


def main():
    global zone
    if sys.argv[1:] == ['--versions']:
        from importlib.metadata import version
        print('pyspf %s' % spf.__version__)
        for package in ('dkimpy', 'authheaders'):
            print('%s %s' % (package, version(package)))
        return
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        given = json.loads(line)
        zone = Zone(given['zone'])
        print(json.dumps(ANSWERS[given['kind']](given)))


main()
