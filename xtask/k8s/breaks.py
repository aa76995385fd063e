"""Ways to break a manifest, each with a part of the sentence that must come of it."""

# The resource, where in it (a JSON pointer), what is put there, and the sentence.
DELETE = object()

POD = "spec/template/spec"
CONTAINER = f"{POD}/containers/0"
ORDERS = "Deployment/orders"
POSTGRES = "StatefulSet/postgres-orders"

BREAKS = {
    # The form
    "an unknown field": (
        ORDERS, f"{POD}/terminationGracePeriod", 30, "Additional properties are not allowed",
    ),
    "a misspelt field of a probe": (
        ORDERS, f"{CONTAINER}/livenessProbe/periodSecond", 5, "Additional properties",
    ),
    "a number as text": (ORDERS, f"{CONTAINER}/ports/0/containerPort", "8083", "is not of type"),
    "a field that is missing": (
        ORDERS, "spec/selector", DELETE, "'selector' is a required property",
    ),
    "nothing where a list is due": (ORDERS, f"{POD}/containers", None, "is not of type"),
    "a resource of an unknown kind": (ORDERS, "kind", "Deploymint", "find schema"),
    "an old version of a resource": (
        "HorizontalPodAutoscaler/orders", "apiVersion", "autoscaling/v2beta2", "find schema",
    ),
    "an unknown field of a Gateway": (
        "Gateway/shop", "spec/listeners/0/ports", 80, "Gateway shop:",
    ),
    "a listener without its certificate": (
        "Gateway/shop", "spec/listeners/1/tls", DELETE, "Gateway shop:",
    ),
    "a redirect by a status that is none": (
        "HTTPRoute/to-https", "spec/rules/0/filters/0/requestRedirect/statusCode", 200,
        "HTTPRoute to-https:",
    ),
    # The hardening
    "no security context": (
        ORDERS, f"{CONTAINER}/securityContext", DELETE, "orders: not so: drops all capabilities",
    ),
    "no security context of the pod": (
        ORDERS, f"{POD}/securityContext", DELETE, "orders: not so: runs as nobody",
    ),
    "a user who is root": (
        ORDERS, f"{POD}/securityContext/runAsUser", 0, "orders: not so: runs as nobody",
    ),
    "a container that is root all the same": (
        ORDERS, f"{CONTAINER}/securityContext/runAsUser", 0, "overrides no pod's setting",
    ),
    "a privileged container": (
        ORDERS, f"{CONTAINER}/securityContext/privileged", True, "overrides no pod's setting",
    ),
    "a writable root file system": (
        ORDERS, f"{CONTAINER}/securityContext/readOnlyRootFilesystem", False,
        "read-only root file system",
    ),
    "a way to gain privileges": (
        ORDERS, f"{CONTAINER}/securityContext/allowPrivilegeEscalation", DELETE,
        "orders: not so: cannot gain privileges",
    ),
    "a capability": (
        ORDERS, f"{CONTAINER}/securityContext/capabilities/add", ["NET_ADMIN"],
        "orders: not so: drops all capabilities",
    ),
    "no seccomp profile": (
        ORDERS, f"{POD}/securityContext/seccompProfile/type", "Unconfined", "seccomp profile",
    ),
    "a token of the account": (
        ORDERS, f"{POD}/automountServiceAccountToken", DELETE, "orders: not so: has no token",
    ),
    "an account that gives tokens": (
        "ServiceAccount/orders", "automountServiceAccountToken", True,
        "orders: not so: has no token",
    ),
    "the account of another": (
        ORDERS, f"{POD}/serviceAccountName", "edge", "orders: not so: has an account of its own",
    ),
    "variables of other services": (
        ORDERS, f"{POD}/enableServiceLinks", DELETE, "orders: not so: gets no variables",
    ),
    "the node's network": (
        ORDERS, f"{POD}/hostNetwork", True, "orders: not so: shares nothing with the node",
    ),
    "a folder of the node": (
        ORDERS, f"{POD}/volumes/0/hostPath", {"path": "/"}, "orders: not so: has no host's volume",
    ),
    "no limits": (
        ORDERS, f"{CONTAINER}/resources/limits", DELETE, "orders: not so: has requests and limits",
    ),
    "no request of memory": (
        ORDERS, f"{CONTAINER}/resources/requests/memory", DELETE,
        "orders: not so: has requests and limits",
    ),
    "an image without a version": (
        ORDERS, f"{CONTAINER}/image", "terrace/orders", "orders: not so: runs a version",
    ),
    "the latest image": (
        ORDERS, f"{CONTAINER}/image", "terrace/orders:latest", "orders: not so: runs a version",
    ),
    "the image of another": (
        ORDERS, f"{CONTAINER}/image", "terrace/payments:dev", "orders: its container is orders of",
    ),
    "a store that is root": (
        POSTGRES, f"{POD}/securityContext/runAsNonRoot", False,
        "postgres-orders: not so: runs as nobody",
    ),
    "a second container": (
        ORDERS, f"{POD}/initContainers", [{"name": "init", "image": "init"}],
        "orders: not so: has one container",
    ),
    "a namespace that allows everything": (
        "Namespace/terrace", "metadata/labels/pod-security.kubernetes.io~1enforce", "privileged",
        "namespace that demands",
    ),
    # Probes, stop, rollout, spread, scaling
    "no start-up probe": (
        ORDERS, f"{CONTAINER}/startupProbe", DELETE, "orders: the startup probe asks",
    ),
    "a liveness probe that asks the dependencies": (
        ORDERS, f"{CONTAINER}/livenessProbe/httpGet/path", "/readyz",
        "orders: the liveness probe asks",
    ),
    "a probe of a port that is not there": (
        ORDERS, f"{CONTAINER}/readinessProbe/httpGet/port", "health",
        "orders: the readiness probe asks",
    ),
    "a stop that callers do not see coming": (
        ORDERS, f"{CONTAINER}/lifecycle", DELETE, "orders: callers have 0 s",
    ),
    "a grace period shorter than the drain": (
        ORDERS, f"{POD}/terminationGracePeriodSeconds", 30, "do not fit the grace period",
    ),
    "a rollout that takes away first": (
        ORDERS, "spec/strategy/rollingUpdate/maxUnavailable", 1,
        "orders: a rollout takes replicas away",
    ),
    "a rollout of an unknown kind": (
        ORDERS, "spec/strategy/type", "Rolling", "orders: a rollout takes replicas away",
    ),
    "a spread of an unknown kind": (
        ORDERS, f"{POD}/topologySpreadConstraints/0/whenUnsatisfiable", "Anyway",
        "orders: Anyway is no way to spread",
    ),
    "replicas on one node": (
        ORDERS, f"{POD}/topologySpreadConstraints/1", DELETE, "orders: it is not spread",
    ),
    "a spread over other pods": (
        ORDERS, f"{POD}/topologySpreadConstraints/0/labelSelector/matchLabels", {"app": "orders"},
        "orders: its spread is over",
    ),
    "a fixed number of replicas": (
        ORDERS, "spec/replicas", 2, "orders: its Deployment's replicas undo",
    ),
    "a single replica of orders": (
        "HorizontalPodAutoscaler/orders", "spec/minReplicas", 1, "orders: it has 1 to",
    ),
    "a scaling of something else": (
        "HorizontalPodAutoscaler/orders", "spec/scaleTargetRef/name", "order",
        "orders: its HorizontalPodAutoscaler",
    ),
    "a quick scaling down": (
        "HorizontalPodAutoscaler/orders", "spec/behavior/scaleDown/stabilizationWindowSeconds", 0,
        "scales down faster",
    ),
    "a slow scaling up": (
        "HorizontalPodAutoscaler/orders", "spec/behavior/scaleUp/stabilizationWindowSeconds", 60,
        "does not scale up at once",
    ),
    "a budget that lets all pods go": (
        "PodDisruptionBudget/orders", "spec/maxUnavailable", "100%",
        "orders: its PodDisruptionBudget",
    ),
    "a service without a budget": (
        "PodDisruptionBudget/orders", "metadata/name", "others",
        "orders: it has no PodDisruptionBudget",
    ),
    "a service without a Service": (
        "Service/site", "metadata/name", "www", "site: there is no Service site",
    ),
    "a resource in another namespace": (
        "Service/orders", "metadata/namespace", "default", "orders: the namespace",
    ),
    "a resource that is there twice": (
        "Service/orders", "metadata/name", "payments", "payments: there are several of Service",
    ),
    # Selectors and ports
    "a selector that selects nothing": (
        "Service/orders", "spec/selector/app.kubernetes.io~1name", "order",
        "orders: its Service selects []",
    ),
    "a selector that selects too much": (
        "Service/orders", "spec/selector", {"app.kubernetes.io/part-of": "terrace"},
        "orders: its Service selects ['catalog'",
    ),
    "pods without their workload's label": (
        ORDERS, "spec/template/metadata/labels/app.kubernetes.io~1name", "order",
        "orders: its selector selects []",
    ),
    "a budget for other pods": (
        "PodDisruptionBudget/orders", "spec/selector/matchLabels/app.kubernetes.io~1name", "edge",
        "its PodDisruptionBudget",
    ),
    "a policy for pods that are not there": (
        "NetworkPolicy/orders", "spec/podSelector/matchLabels/app.kubernetes.io~1name", "order",
        "names pods that are not there",
    ),
    "a port of another number": (
        ORDERS, f"{CONTAINER}/ports/0/containerPort", 8084, "orders: its ports are",
    ),
    "a port of another name": (
        ORDERS, f"{CONTAINER}/ports/1/name", "metrics", "orders: its ports are",
    ),
    "a Service's port that leads nowhere": (
        "Service/orders", "spec/ports/0/targetPort", "web", "which is None",
    ),
    "a headless Service's port of another number": (
        "Service/orders", "spec/ports/0/port", 80, "orders: its Service's port 80",
    ),
    "a service that listens elsewhere": (
        ORDERS, f"{CONTAINER}/env/0/value", "0.0.0.0:8093", "orders: ORDERS__LISTEN is",
    ),
    "a service that only its own pod reaches": (
        ORDERS, f"{CONTAINER}/env/0/value", "127.0.0.1:8083", "orders: ORDERS__LISTEN is",
    ),
    # Settings, config and secrets
    "a setting that is none": (
        ORDERS, f"{CONTAINER}/env/2/name", "ORDERS__LOGFORMAT", "ORDERS__LOGFORMAT is no setting",
    ),
    "a setting of another service": (
        ORDERS, f"{CONTAINER}/env/2/name", "EDGE__LOG_FORMAT", "EDGE__LOG_FORMAT is no setting",
    ),
    "a key that nobody sets": (
        ORDERS, f"{CONTAINER}/env/4/name", "ORDERS__LOG_LEVEL_FILE",
        "nothing sets ORDERS__INVOKE_KEYS",
    ),
    "a secret as plain text": (
        ORDERS, f"{CONTAINER}/env/3", {"name": "ORDERS__STORE", "value": "postgres://"},
        "may hold a secret and does not come from",
    ),
    "a secret in the environment": (
        ORDERS, f"{CONTAINER}/env/3/valueFrom", {"secretKeyRef": {"name": "orders", "key": "store"}},
        "holds a secret in the environment",
    ),
    "a misspelt file of a secret": (
        ORDERS, f"{CONTAINER}/env/3/value", "/run/secrets/terrace/stores",
        "orders: its variables name",
    ),
    "a file for another setting": (
        ORDERS, f"{CONTAINER}/env/3/value", "/run/secrets/terrace/invoke_keys",
        "ORDERS__STORE_FILE is not store of its secret",
    ),
    "a file of another name than its key": (
        ORDERS, f"{POD}/volumes/0/secret/items/0/path", "invoke_keys",
        "orders: a file of its secret has another name",
    ),
    "a misspelt key of a secret": (
        ORDERS, f"{POD}/volumes/0/secret/items/0/key", "stores",
        "orders: it reads ['catalog_invoke_key'",
    ),
    "a secret of another service": (
        ORDERS, f"{POD}/volumes/0/secret/secretName", "payments",
        "orders: it sees the secret payments",
    ),
    "a secret for everybody to read": (
        ORDERS, f"{POD}/volumes/0/secret/defaultMode", 292, "orders: its secret is not for",
    ),
    "a secret that is not mounted": (
        ORDERS, f"{CONTAINER}/volumeMounts/0", DELETE, "orders: its volumes are",
    ),
    "a mount without a volume": (
        ORDERS, f"{CONTAINER}/volumeMounts/0/name", "secret", "orders: its volumes are",
    ),
    "a misspelt config key": (
        "Deployment/users", f"{CONTAINER}/env/8/valueFrom/configMapKeyRef/key", "apis",
        "asks for apis",
    ),
    "an optional key that is another": (
        "Deployment/site", f"{CONTAINER}/env/-1/valueFrom/configMapKeyRef/key", "oltp",
        "asks for oltp",
    ),
    "a claim that is not there": (
        "Deployment/catalog", f"{POD}/volumes/1/persistentVolumeClaim/claimName", "images",
        "no PersistentVolumeClaim images",
    ),
    "pictures in a folder that cannot be written": (
        "Deployment/catalog", f"{CONTAINER}/volumeMounts/1/readOnly", True,
        "catalog: nothing to write to",
    ),
    "a neighbour at another port": (
        "Deployment/edge", f"{CONTAINER}/env/5/value", "http://users:8082", "edge: it calls",
    ),
    "a neighbour that the map does not have": (
        "Deployment/edge", f"{CONTAINER}/env/5", {"name": "EDGE__UPSTREAMS__PAYMENTS__URL", "value": "http://payments:8084"},
        "edge: it calls",
    ),
    "a service that is a superuser of its database": (
        POSTGRES, f"{CONTAINER}/env/2", {"name": "POSTGRES_USER", "value": "orders"},
        "postgres-orders: its service is a superuser",
    ),
    "a PostgreSQL of another role": (
        POSTGRES, f"{CONTAINER}/env/2/value", "users", "postgres-orders: its role and database",
    ),
    # The network
    "no policy for the way in of every pod": (
        "NetworkPolicy/metrics", "spec/podSelector", {"matchLabels": {"app.kubernetes.io/name": "edge"}},
        "no policy holds the Ingress of every pod",
    ),
    "no policy for the way out of every pod": (
        "NetworkPolicy/names", "spec/policyTypes", ["Ingress"], "no policy holds the Egress of every pod",
    ),
    "a missing arrow out": (
        "NetworkPolicy/orders", "spec/egress/2", DELETE,
        "way out from orders to payments at TCP 8084 is closed",
    ),
    "a missing arrow in": (
        "NetworkPolicy/payments", "spec/ingress", [],
        "way in from orders to payments at TCP 8084 is closed",
    ),
    "a way in for everybody": (
        "NetworkPolicy/users", "spec/ingress/0/from", DELETE,
        "way in from internet to users at TCP 8081 is open",
    ),
    "a way in at all ports": (
        "NetworkPolicy/users", "spec/ingress/0/ports", DELETE,
        "way in from edge to users at TCP 12345 is open",
    ),
    "a way in for other namespaces": (
        "NetworkPolicy/orders", "spec/ingress/0/from/0", {"namespaceSelector": {}},
        "way in from stranger to orders",
    ),
    "a way in for a whole namespace": (
        "NetworkPolicy/metrics", "spec/ingress/0/from/0/podSelector", DELETE,
        "way in from collector to users at TCP 9081 is open",
    ),
    "a way out to the internet": (
        "NetworkPolicy/orders", "spec/egress/0/to", [{"ipBlock": {"cidr": "0.0.0.0/0"}}],
        "way out from orders to internet",
    ),
    "an arrow at another port": (
        "NetworkPolicy/users", "spec/ingress/0/ports/0/port", 9081,
        "way in from edge to users at TCP 8081 is closed",
    ),
    "an arrow by another protocol": (
        "NetworkPolicy/users", "spec/ingress/0/ports/0/protocol", "UDP",
        "way in from edge to users at TCP 8081 is closed",
    ),
    "no names": (
        "NetworkPolicy/names", "spec/egress", [], "way out from edge to dns at UDP 53 is closed",
    ),
    "a store for all services": (
        "NetworkPolicy/postgres-orders", "spec/ingress/0/from/0/podSelector", {},
        "way in from edge to postgres-orders at TCP 5432 is open",
    ),
    # The Gateway
    "no Gateway": ("Gateway/shop", "metadata/name", "gate", "api: there is no listener shop/api"),
    "something else for a Gateway": (
        "Gateway/shop", "kind", "GatewayClass", "gateway: there is none",
    ),
    "a route to a listener that is not there": (
        "HTTPRoute/api", "spec/parentRefs/0/sectionName", "https",
        "api: there is no listener shop/https",
    ),
    "a route to another's host": (
        "HTTPRoute/api", "spec/hostnames", ["www.terrace.example"], "api: its listener is for",
    ),
    "a route to a port that is not there": (
        "HTTPRoute/api", "spec/rules/0/backendRefs/0/port", 80, "gateway: hosts lead to",
    ),
    "a route past the edge": (
        "HTTPRoute/api", "spec/rules/0/backendRefs/0", {"name": "orders", "port": 8083},
        "gateway: hosts lead to",
    ),
    "a shop without TLS": (
        "HTTPRoute/api", "spec/parentRefs/0/sectionName", "plain", "api: plain HTTP is not sent",
    ),
    "a certificate that nobody is told of": (
        "Gateway/shop", "spec/listeners/1/tls/certificateRefs/0/name", "tls",
        "gateway: nobody is told",
    ),
}
