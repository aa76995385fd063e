//! Watering cans, a mister, and the gauge that says whether they are needed.

use super::{
    colour::*,
    geometry::{Curve, Path, Placement, polar},
    leaves::Leaf,
    scene::{FLOOR, MIDDLE, bed, ledge},
    svg::Drawing,
    watering::drop_path,
};

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    match slug {
        "galvanised-watering-can" => {
            ledge(d, SAND, 90.0);
            garden_can(d);
        }
        "indoor-watering-can" => {
            ledge(d, SAGE, 66.0);
            indoor_can(d);
        }
        "plant-mister" => {
            ledge(d, BLUSHED, 56.0);
            mister(d);
        }
        "rain-gauge" => {
            bed(d, SKY);
            gauge(d);
        }
        _ => return false,
    }
    true
}

fn garden_can(d: &mut Drawing) {
    let handle = Path::from((246.0, 190.0)).cubic((352.0, 160.0), (356.0, 300.0), (268.0, 312.0));
    d.tube(&handle, STEEL, 10.0);
    d.tube(
        &Path::from((158.0, 192.0)).cubic((160.0, 118.0), (252.0, 118.0), (256.0, 190.0)),
        STEEL,
        9.0,
    );
    let spout = Path::from((156.0, 322.0))
        .line((156.0, 286.0))
        .line((66.0, 146.0))
        .line((50.0, 154.0))
        .close();
    d.shape(&spout, STEEL);
    d.flat(
        &Path::from((155.0, 320.0))
            .line((155.0, 304.0))
            .line((57.0, 150.0))
            .line((51.0, 154.0))
            .close(),
        STEEL.shade(),
    );
    d.tube(
        &Path::through(&[(104.0, 218.0), (158.0, 206.0)]),
        STEEL,
        5.0,
    );
    d.under(Placement::at((58.0, 148.0)).turned(-38.0), |d| {
        let cone = Path::from((-9.0, 2.0))
            .line((-28.0, -32.0))
            .line((28.0, -32.0))
            .line((9.0, 2.0))
            .close();
        d.shape(&cone, BRASS);
        d.shape(&Path::ellipse((0.0, -33.0), 29.0, 9.0), BRASS.light());
        d.dots(
            &Path::through(&[(-18.0, -34.0), (20.0, -34.0)]),
            BRASS.shade().shade(),
            3.4,
            7.4,
        );
        d.dots(
            &Path::through(&[(-11.0, -30.0), (14.0, -30.0)]),
            BRASS.shade().shade(),
            3.0,
            7.4,
        );
    });
    let body = Path::from((144.0, 196.0))
        .quad((206.0, 210.0), (268.0, 196.0))
        .line((278.0, 336.0))
        .quad((206.0, FLOOR + 12.0), (134.0, 336.0))
        .close();
    d.shape(&Path::ellipse((206.0, 196.0), 62.0, 12.0), SLATE);
    d.shape(&body, STEEL);
    let far = Path::from((240.0, 202.0))
        .line((267.0, 197.0))
        .line((277.0, 335.0))
        .quad((262.0, 344.0), (236.0, 347.0))
        .close();
    d.flat(&far, STEEL.shade());
    let cover = Path::from((144.0, 196.0))
        .cubic((150.0, 172.0), (190.0, 170.0), (206.0, 184.0))
        .quad((206.0, 198.0), (200.0, 204.0))
        .quad((166.0, 202.0), (144.0, 196.0))
        .close();
    d.shape(&cover, STEEL.light());
    for (y, half) in [(226.0, 64.0), (314.0, 70.0)] {
        d.line(
            &Path::from((206.0 - half, y)).quad((206.0, y + 14.0), (206.0 + half, y)),
            SLATE,
            3.0,
        );
        d.line(
            &Path::from((207.0 - half, y + 4.0)).quad((206.0, y + 18.0), (205.0 + half, y + 4.0)),
            STEEL.light(),
            2.0,
        );
    }
    d.line(
        &Path::through(&[(160.0, 242.0), (156.0, 308.0)]),
        WHITE,
        6.0,
    );
}

fn indoor_can(d: &mut Drawing) {
    let spout = Curve([(176.0, 322.0), (96.0, 318.0), (116.0, 190.0), (66.0, 124.0)]);
    d.tube(&spout.path(), COPPER, 11.0);
    d.line(
        &spout.path().placed(Placement::at((-2.0, -1.0))),
        COPPER.light(),
        3.0,
    );
    d.tube(
        &Path::from((232.0, 196.0)).cubic((332.0, 120.0), (368.0, 250.0), (262.0, 322.0)),
        COPPER,
        8.0,
    );
    let body = Path::from((176.0, 186.0))
        .line((236.0, 186.0))
        .cubic((246.0, 240.0), (280.0, 270.0), (278.0, 324.0))
        .quad((276.0, FLOOR), (258.0, FLOOR))
        .line((160.0, FLOOR))
        .quad((140.0, FLOOR), (140.0, 324.0))
        .cubic((138.0, 270.0), (168.0, 240.0), (176.0, 186.0))
        .close();
    d.shape(&body, COPPER);
    let far = Path::from((222.0, 187.0))
        .line((235.0, 187.0))
        .cubic((245.0, 240.0), (279.0, 270.0), (277.0, 324.0))
        .quad((275.0, FLOOR - 1.0), (258.0, FLOOR - 1.0))
        .line((234.0, FLOOR - 1.0))
        .cubic((256.0, 310.0), (226.0, 250.0), (222.0, 187.0))
        .close();
    d.flat(&far, COPPER.shade());
    d.line(
        &Path::from((182.0, 210.0)).cubic((176.0, 250.0), (156.0, 276.0), (156.0, 318.0)),
        COPPER.light(),
        6.0,
    );
    d.shape(
        &Path::ellipse((206.0, 186.0), 31.0, 7.0),
        COPPER.shade().shade(),
    );
    d.line(
        &Path::from((146.0, 330.0)).line((272.0, 330.0)),
        COPPER.shade(),
        2.6,
    );
}

fn mister(d: &mut Drawing) {
    let glass = LEAF.mix(TEAL, 0.45).mix(WHITE, 0.2);
    let body = Path::from((178.0, 196.0))
        .line((222.0, 196.0))
        .cubic((226.0, 214.0), (262.0, 222.0), (262.0, 250.0))
        .line((258.0, 330.0))
        .quad((256.0, FLOOR), (240.0, FLOOR))
        .line((160.0, FLOOR))
        .quad((144.0, FLOOR), (142.0, 330.0))
        .line((138.0, 250.0))
        .cubic((138.0, 222.0), (174.0, 214.0), (178.0, 196.0))
        .close();
    d.shape(&body, glass.light());
    let water = Path::from((139.0, 262.0))
        .quad((MIDDLE, 272.0), (261.0, 262.0))
        .line((257.0, 330.0))
        .quad((255.0, FLOOR - 1.0), (240.0, FLOOR - 1.0))
        .line((160.0, FLOOR - 1.0))
        .quad((145.0, FLOOR - 1.0), (143.0, 330.0))
        .close();
    d.flat(&water, glass);
    d.tube(
        &Path::through(&[(MIDDLE, 188.0), (MIDDLE, 330.0)]),
        BRASS,
        4.0,
    );
    let mut ribs = Path::default();
    for (top, low) in [
        (156.0, 160.0),
        (176.0, 178.0),
        (224.0, 222.0),
        (244.0, 240.0),
    ] {
        ribs = ribs.and(&Path::through(&[(top, 240.0), (low, 338.0)]));
    }
    d.line(&ribs, glass.shade(), 2.6);
    d.line(
        &Path::through(&[(150.0, 250.0), (153.0, 316.0)]),
        WHITE,
        5.0,
    );
    d.line(&body, INK, 2.0);
    d.shape(&Path::block((172.0, 180.0), (56.0, 20.0), 4.0), BRASS);
    d.shape(&Path::block((186.0, 140.0), (28.0, 42.0), 4.0), BRASS);
    d.flat(
        &Path::block((204.0, 142.0), (9.0, 38.0), 3.0),
        BRASS.shade(),
    );
    d.tube(
        &Path::through(&[(MIDDLE, 142.0), (MIDDLE, 108.0)]),
        BRASS,
        8.0,
    );
    d.shape(&Path::block((178.0, 94.0), (44.0, 16.0), 7.0), BRASS);
    d.shape(&Path::block((142.0, 146.0), (48.0, 18.0), 5.0), BRASS);
    d.shape(
        &Path::block((134.0, 142.0), (13.0, 26.0), 4.0),
        BRASS.shade(),
    );
    for (turn, far) in [
        (-104.0, 26.0),
        (-90.0, 30.0),
        (-76.0, 26.0),
        (-110.0, 50.0),
        (-97.0, 54.0),
        (-83.0, 54.0),
        (-70.0, 50.0),
        (-104.0, 76.0),
        (-90.0, 80.0),
        (-76.0, 76.0),
    ] {
        d.spot(polar((134.0, 155.0), turn, far), 3.4, WATER);
    }
}

fn gauge(d: &mut Drawing) {
    d.tube(
        &Path::through(&[(MIDDLE, 334.0), (MIDDLE, 190.0)]),
        COPPER,
        8.0,
    );
    d.line(
        &Path::through(&[(198.0, 330.0), (198.0, 270.0)]),
        COPPER.light(),
        2.4,
    );
    let tube = Path::from((168.0, 70.0))
        .line((232.0, 70.0))
        .line((226.0, 84.0))
        .line((226.0, 232.0))
        .quad((226.0, 256.0), (MIDDLE, 256.0))
        .quad((174.0, 256.0), (174.0, 232.0))
        .line((174.0, 84.0))
        .close();
    d.shape(&tube, GLASS);
    let water = Path::from((175.0, 170.0))
        .quad((MIDDLE, 176.0), (225.0, 170.0))
        .line((225.0, 232.0))
        .quad((225.0, 255.0), (MIDDLE, 255.0))
        .quad((175.0, 255.0), (175.0, 232.0))
        .close();
    d.flat(&water, WATER);
    let mut marks = Path::default();
    for index in 0..10_u32 {
        let y = 104.0 + 14.0 * f64::from(index);
        let long = if index % 2 == 0 { 22.0 } else { 13.0 };
        marks = marks.and(&Path::through(&[(222.0 - long, y), (222.0, y)]));
    }
    d.line(&marks, INK, 2.2);
    d.line(&Path::through(&[(183.0, 90.0), (183.0, 222.0)]), WHITE, 5.0);
    d.line(&tube, INK, 2.0);
    for y in [146.0, 232.0] {
        d.tube(
            &Path::from((172.0, y)).quad((MIDDLE, y + 12.0), (228.0, y)),
            COPPER,
            7.0,
        );
    }
    for (x, y, size) in [
        (112.0, 96.0, 10.0),
        (140.0, 150.0, 8.0),
        (278.0, 78.0, 9.0),
        (302.0, 142.0, 10.0),
        (264.0, 190.0, 8.0),
        (104.0, 210.0, 8.0),
        (MIDDLE, 44.0, 9.0),
        (150.0, 52.0, 7.0),
    ] {
        d.shape(&drop_path((x, y), size), WATER);
    }
    for (x, turn) in [
        (96.0, -30.0),
        (104.0, 4.0),
        (112.0, 34.0),
        (292.0, -28.0),
        (300.0, 6.0),
        (308.0, 38.0),
    ] {
        Leaf::new(44.0, 16.0, if turn < 0.0 { LEAF } else { DEEP }).draw(d, (x, 342.0), turn);
    }
}
