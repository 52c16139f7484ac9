"""Makes moto answer a few S3 reads as AWS does: strict clients refuse what it sends."""

import moto.core.serialize as serialize
from moto.cloudtrail.models import CloudTrailBackend, Trail, cloudtrail_backends
from moto.s3.responses import S3Response

# Operation → the root element of its answer (Amazon S3 API reference).
ROOTS = {
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
}
PAYER = (
    '<RequestPaymentConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Payer>BucketOwner</Payer></RequestPaymentConfiguration>"
)


def mend():
    """Changes the loaded moto; call it once, before the first request."""
    for cls in list(vars(serialize).values()):
        inner = getattr(cls, "__dict__", {}).get("_serialized_result_to_response")
        if inner is not None:
            cls._serialized_result_to_response = with_root(inner)
    # `?requestPayment` is taken for a listing of objects.
    listing = S3Response.list_objects

    def list_objects(self, *args, **kwargs):
        if "requestPayment" in (self.querystring or {}):
            return 200, {}, PAYER
        return listing(self, *args, **kwargs)

    S3Response.list_objects = list_objects
    # A trail has basic or advanced selectors, never both.
    put = Trail.put_event_selectors

    def put_event_selectors(self, event_selectors, advanced_event_selectors):
        put(self, event_selectors, advanced_event_selectors)
        if event_selectors:
            self.advanced_event_selectors = []

    Trail.put_event_selectors = put_event_selectors

    # The list has the trails of every region.
    def list_trails(self):
        backends = cloudtrail_backends[self.account_id].values()
        return [trail for backend in backends for trail in backend.trails.values()]

    CloudTrailBackend.list_trails = list_trails


def with_root(inner):
    def wrapped(self, resp, result, shape, serialized_result):
        resp = inner(self, resp, result, shape, serialized_result)
        root = ROOTS.get(self.operation_model.name)
        if root and resp.get("body"):
            wrong, body = self.operation_model.name + "Response", resp["body"]
            as_text = body.decode() if isinstance(body, bytes) else body
            as_text = as_text.replace(f"<{wrong}", f"<{root}").replace(f"</{wrong}", f"</{root}")
            resp["body"] = as_text.encode() if isinstance(body, bytes) else as_text
        return resp

    return wrapped
